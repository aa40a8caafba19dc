/** The lines that a stream consists of. */

/** One message of a stream. Only an event's last frame carries its position. */
export interface Frame {
  /** Not sent for unnamed messages. */
  event?: string;
  data: string;
  /** The position to come back with: `<seq>.<epoch>`. */
  id?: string;
}

/**
 * A frame as server-sent event (WHATWG HTML, section 9.2). Text of the data that has line ends is sent as several lines, so that it comes back with LF.
 *
 * @throws TypeError when `event` or `id` holds a line end or NUL: somebody else's lines could begin there.
 */
export function sseText({ event, data, id }: Frame): string {
  let text = '';
  if (event !== undefined) text += `event: ${oneLine(event)}\n`;
  if (id !== undefined) text += `id: ${oneLine(id)}\n`;
  // JSON has no line ends of its own: the common case is one line.
  return /[\r\n]/.test(data)
    ? `${text}data: ${data.split(/\r\n|\r|\n/).join('\ndata: ')}\n\n`
    : `${text}data: ${data}\n\n`;
}

function oneLine(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError('An SSE event name or id must not hold a line end or NUL.');
  return value;
}
