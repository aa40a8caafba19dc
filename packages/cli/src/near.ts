/** The name that is meant where it is written almost right: with other capitals or marks, or one or two wrong letters. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return known.find((each) => {
    const [given, wanted] = [plain(name), plain(each)];
    return distance(given, wanted) <= (wanted.length < 8 ? 1 : 2);
  });
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_$]/g, '');
}

/** How many letters have to be put in, left out or replaced to come from one to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let at = 1; at <= to.length; at++) {
      const replaced = (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
