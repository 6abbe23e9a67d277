// What the programs in JavaScript share: a line ["scene", "prompt"] comes in, a line of JSON says what the scene saw.
import readline from "node:readline";

export async function play(scenes, raised) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, prompt] = JSON.parse(line);
    let saw;
    try {
      saw = { saw: await scenes[name](prompt) };
    } catch (error) {
      saw = { raised: { class: error.constructor.name, ...raised(error) } };
    }
    console.log(JSON.stringify(saw));
  }
}
