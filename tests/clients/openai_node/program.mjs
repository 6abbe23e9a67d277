// An application on openai-node: nothing in it knows of Ringfence, which OPENAI_BASE_URL names.
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { play } from "../playing.mjs";

const { MODEL: model, EMBEDDER: embedder } = process.env;
const client = new OpenAI();
const Weather = z.object({ city: z.string(), degrees: z.number().int() });
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const lookUp = { name: "look_up", description: "Look the weather up.", parameters };
const tool = { type: "function", ...lookUp, strict: false };
const user = (content) => [{ role: "user", content }];
const look = async () => ({ degrees: 21 });

const all = async (stream) => {
  const seen = [];
  for await (const piece of stream) seen.push(piece);
  return seen;
};

const scenes = {
  chat: (prompt) => client.chat.completions.create({ model, messages: user(prompt), max_tokens: 8, temperature: 0 }),

  chat_streamed: async (prompt) =>
    all(
      await client.chat.completions.create({
        model,
        messages: user(prompt),
        max_tokens: 8,
        temperature: 0,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ),

  // The library runs the loop itself: the model calls, `look` answers, the model talks.
  chat_tools: async (prompt) => {
    const runner = client.chat.completions.runTools({
      model,
      messages: user(prompt),
      tools: [{ type: "function", function: { ...lookUp, function: look, parse: JSON.parse } }],
    });
    return { end: await runner.finalContent(), messages: runner.messages };
  },

  chat_tools_streamed: async (prompt) => {
    const tools = [{ type: "function", function: lookUp }];
    const stream = client.chat.completions.stream({ model, messages: user(prompt), tools });
    return { events: await all(stream), end: await stream.finalChatCompletion() };
  },

  chat_parsed: (prompt) =>
    client.chat.completions.parse({
      model,
      messages: user(prompt),
      response_format: zodResponseFormat(Weather, "weather"),
    }),

  embeddings: (prompt) => client.embeddings.create({ model: embedder, input: [prompt, "Another one."] }),

  embeddings_as_numbers: (prompt) =>
    client.embeddings.create({ model: embedder, input: prompt, encoding_format: "float" }),

  responses: async (prompt) => {
    const answer = await client.responses.create({ model, input: prompt, max_output_tokens: 8, temperature: 0 });
    return { text: answer.output_text, answer };
  },

  responses_streamed: async (prompt) => {
    const stream = client.responses.stream({ model, input: prompt, max_output_tokens: 8, temperature: 0 });
    return { events: await all(stream), end: await stream.finalResponse() };
  },

  responses_tools: async (prompt) => {
    const call = await client.responses.create({ model, input: prompt, tools: [tool], store: false });
    const called = call.output.find((item) => item.type === "function_call");
    const result = { type: "function_call_output", call_id: called.call_id, output: JSON.stringify(await look()) };
    const input = [...user(prompt), ...call.output, result];
    return { call, talk: await client.responses.create({ model, input, tools: [tool], store: false }) };
  },

  responses_parsed: async (prompt) => {
    const text = { format: zodTextFormat(Weather, "weather") };
    return (await client.responses.parse({ model, input: prompt, text })).output_parsed;
  },
};

play(scenes, (error) => ({
  status: error.status ?? null,
  code: error.code ?? null,
  type: error.type ?? null,
  text: error.message,
  because: error.error?.because ?? null,
}));
