// An application on the AI SDK, whose `openai()` uses /v1/responses; OPENAI_BASE_URL names Ringfence.
import { openai } from "@ai-sdk/openai";
import { embedMany, generateText, isStepCount, Output, streamText, tool } from "ai";
import { z } from "zod";
import { play } from "../playing.mjs";

const { MODEL, EMBEDDER } = process.env;
const model = openai(MODEL);
const Weather = z.object({ city: z.string(), degrees: z.number().int() });
const tools = {
  look_up: tool({
    description: "Look the weather up.",
    inputSchema: z.object({ city: z.string() }),
    execute: async () => ({ degrees: 21 }),
  }),
};
const few = { maxOutputTokens: 8, temperature: 0 };
const twoSteps = { tools, stopWhen: isStepCount(2) };
// Without this, what the model said before goes by its id, which only a server that stored it can resolve.
const unstored = { providerOptions: { openai: { store: false } } };

const conversation = async (prompt, options) => {
  const user = (content) => ({ role: "user", content });
  const first = await generateText({ model, messages: [user(prompt)], ...options });
  const messages = [user(prompt), ...first.response.messages, user("And then?")];
  return told(await generateText({ model, messages, ...options }));
};

const told = ({ text, finishReason, usage, steps }) => ({
  text,
  finishReason,
  usage,
  steps: steps.map(({ toolCalls, toolResults }) => ({ toolCalls, toolResults })),
});

const streamed = async (options) => {
  const stream = streamText({ ...options, onError: () => {} });
  const parts = [];
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type.startsWith("text") || part.type.startsWith("tool")) parts.push(part);
  }
  return { parts, text: await stream.text, usage: await stream.totalUsage };
};

const scenes = {
  responses: async (prompt) => told(await generateText({ model, prompt, ...few })),
  responses_streamed: (prompt) => streamed({ model, prompt, ...few }),
  responses_tools: async (prompt) => told(await generateText({ model, prompt, ...twoSteps })),
  responses_tools_streamed: (prompt) => streamed({ model, prompt, ...twoSteps }),
  conversation: (prompt) => conversation(prompt, unstored),
  conversation_by_id: (prompt) => conversation(prompt, {}),
  responses_parsed: async (prompt) =>
    (await generateText({ model, prompt, output: Output.object({ schema: Weather }) })).output,
  chat: async (prompt) => told(await generateText({ model: openai.chat(MODEL), prompt, ...few })),
  chat_streamed: (prompt) => streamed({ model: openai.chat(MODEL), prompt, ...few }),
  embeddings: async (prompt) => {
    const { embeddings, usage } = await embedMany({
      model: openai.embedding(EMBEDDER),
      values: [prompt, "Another one."],
    });
    return { embeddings, usage };
  },
};

play(scenes, (error) => {
  const last = error.lastError ?? error;
  return {
    tried: error.errors?.length ?? 1,
    last: last.constructor.name,
    status: last.statusCode ?? null,
    code: last.data?.error?.code ?? last.code ?? null,
    text: last.message ?? JSON.stringify(last),
    because: last.responseBody ? JSON.parse(last.responseBody).error?.because : null,
  };
});
