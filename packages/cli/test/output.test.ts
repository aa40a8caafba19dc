import { AgentsError, UserError } from 'tailrace';
import { describe, expect, it } from 'vitest';
import { errorText, usesColor } from '../src/output.ts';

describe('colours', () => {
  it.each([
    [true, {}, true],
    [true, { TERM: 'xterm' }, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('terminal: %s, %j: %s', (isTTY, env, colors) => {
    expect(usesColor({ isTTY }, env)).toBe(colors);
  });
});

describe('errorText', () => {
  it('says what an error says, with its code, and nothing that a terminal obeys', () => {
    expect(errorText(new AgentsError('The disk is full.', { code: 'STORE_FULL' }))).toBe(
      'The disk is full. [STORE_FULL]',
    );
    expect(errorText(new UserError('No.'))).toBe('No.');
    expect(errorText(new Error('a\u001b[2Jb'))).toBe('a\\u001b[2Jb');
    expect(errorText('text')).toBe('text');
  });
});
