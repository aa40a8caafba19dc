/** A preamble for agents that take part in handoffs. */
export const RECOMMENDED_PROMPT_PREFIX: string = [
  '# How this conversation is shared',
  'Several agents take turns in this conversation. Functions whose name begins with transfer_to_ give it to another agent.',
  'Give it away when another agent fits the request better. Do so without announcing it: to the user, it is one conversation.',
].join('\n');

/** Your instructions behind the preamble. */
export function promptWithHandoffInstructions(instructions: string): string {
  return `${RECOMMENDED_PROMPT_PREFIX}\n\n${instructions}`;
}
