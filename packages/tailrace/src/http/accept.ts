/** Which of the formats on offer a request wants. */

/** The first of `offers` in order of the request's preference (RFC 9110, 12.5.1); the first offer when it has none; undefined when it wants none of them. */
export function preferred<T extends string>(accept: string | null, offers: readonly [T, ...T[]]): T | undefined {
  if (accept === null || accept.trim() === '') return offers[0];
  let best: { offer: T; quality: number } | undefined;
  for (const range of accept.split(',', 32)) {
    const [type = '', ...parameters] = range.split(';', 8).map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    const offer = offers.find((each) => type === each || type === '*/*' || type === `${each.split('/')[0]}/*`);
    if (offer !== undefined && quality > (best?.quality ?? 0)) best = { offer, quality };
  }
  return best?.offer;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = given === undefined ? 1 : Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
