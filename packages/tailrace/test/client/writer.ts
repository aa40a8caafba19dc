/** An agent that any number of runs can use: it says `TEXT` in pieces. */
import { Agent, type Model } from 'tailrace';
import { ScriptedModel, textStream } from 'tailrace/testing';

/** Letters of up to four bytes. */
export const TEXT = 'Grüße 🌦️ 雨';

const scripted = (): ScriptedModel =>
  new ScriptedModel([textStream(TEXT, { chunks: ['Grüß', 'e ', '🌦️ ', '雨'], provider: 'none' })]);

const model: Model = {
  getResponse: async (request) => scripted().getResponse(request),
  getStreamedResponse: (request) => scripted().getStreamedResponse(request),
};

export const writer: Agent = new Agent({ name: 'Writer', model });
