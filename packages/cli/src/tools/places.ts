/** Large cities and countries that no time zone is named after. Countries with several zones are left out. */
const OTHERS: Readonly<Record<string, string>> = {
  'America/New_York': 'nyc,new york city,boston,washington,washington dc,philadelphia,atlanta,miami,orlando',
  'America/Chicago': 'dallas,houston,austin,minneapolis,new orleans,st louis',
  'America/Los_Angeles': 'la,san francisco,sf,seattle,san diego,las vegas,portland,silicon valley',
  'America/Toronto': 'ottawa,montreal,quebec',
  'America/Sao_Paulo': 'são paulo,rio,rio de janeiro,brasilia,brasília',
  'America/Bogota': 'bogotá,colombia',
  'America/Mexico_City': 'guadalajara,ciudad de mexico',
  'Europe/London': 'uk,united kingdom,england,scotland,wales,britain,great britain,edinburgh,manchester',
  'Europe/Dublin': 'ireland',
  'Europe/Paris': 'france,lyon,marseille,nice',
  'Europe/Berlin': 'germany,munich,münchen,hamburg,frankfurt,cologne,köln,stuttgart',
  'Europe/Madrid': 'barcelona,seville,valencia',
  'Europe/Rome': 'italy,milan,milano,naples,florence,venice,turin',
  'Europe/Zurich': 'switzerland,geneva,bern,basel,zürich',
  'Europe/Vienna': 'austria,salzburg',
  'Europe/Amsterdam': 'netherlands,rotterdam,the hague',
  'Europe/Brussels': 'belgium,antwerp',
  'Europe/Oslo': 'norway,bergen,trondheim,stavanger,tromsø',
  'Europe/Stockholm': 'sweden,gothenburg,malmö',
  'Europe/Copenhagen': 'denmark,aarhus',
  'Europe/Helsinki': 'finland',
  'Europe/Warsaw': 'poland,krakow',
  'Europe/Athens': 'greece',
  'Europe/Istanbul': 'turkey,ankara',
  'Europe/Kiev': 'ukraine,kyiv',
  'Asia/Tokyo': 'japan,osaka,kyoto',
  'Asia/Seoul': 'south korea,korea,busan',
  'Asia/Shanghai': 'china,beijing,shenzhen,guangzhou',
  'Asia/Calcutta': 'india,mumbai,delhi,new delhi,bangalore,bengaluru,chennai,kolkata,hyderabad',
  'Asia/Saigon': 'vietnam,hanoi,ho chi minh city',
  'Asia/Bangkok': 'thailand',
  'Asia/Dubai': 'abu dhabi,uae',
  'Asia/Jerusalem': 'israel,tel aviv',
  'Asia/Manila': 'philippines',
  'Africa/Cairo': 'egypt',
  'Africa/Johannesburg': 'south africa,cape town,pretoria',
  'Africa/Nairobi': 'kenya',
  'Africa/Lagos': 'nigeria,abuja',
  'Australia/Sydney': 'canberra',
  'Pacific/Auckland': 'new zealand,wellington',
};

let zones: Map<string, string> | undefined;

/** Names in lower case, each with its zone: the zones, the cities in their names, and some others. Made when first asked for. */
function zoneNames(): ReadonlyMap<string, string> {
  if (zones) return zones;
  zones = new Map([
    ['utc', 'UTC'],
    ['gmt', 'UTC'],
    ...Object.entries(OTHERS).flatMap(([zone, names]) =>
      names.split(',').map((name): [string, string] => [name, zone]),
    ),
  ]);
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    zones.set(zone.toLowerCase(), zone);
    if (zone.includes('/') && !zone.startsWith('Etc/'))
      zones.set(plainName(zone.slice(zone.lastIndexOf('/') + 1)), zone);
  }
  return zones;
}

function plainName(place: string): string {
  return place.trim().toLowerCase().replaceAll('_', ' ').replace(/\s+/g, ' ');
}

/** The IANA time zone of a city, a country with one zone, or a zone's own name in any case; undefined when it is none of these. */
export function zoneOf(place: string): string | undefined {
  const name = plainName(place.replace(/^the city of\s+/i, ''));
  const known =
    zoneNames().get(name) ?? zoneNames().get(name.replaceAll(' ', '_')) ?? zoneNames().get(unaccented(name));
  // "Oslo, Norway" and "Paris (France)"
  const first = /^([^,(]+?)\s*[,(]/.exec(name)?.[1];
  return known ?? (first === undefined ? ownZone(place.trim()) : zoneNames().get(first));
}

function unaccented(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '');
}

/** Names that Intl accepts beyond its own list: older zone names, and offsets such as +05:30. */
function ownZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The time in a zone, for people: `14:05 on Saturday, 7 March 2026 (Europe/Oslo, UTC+1)`. */
export function timeIn(zone: string, now: Date): string {
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(now);
  const time = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = `${part({ weekday: 'long' })}, ${part({ day: 'numeric', month: 'long', year: 'numeric' })}`;
  const offset = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'shortOffset' })
    .formatToParts(now)
    .find(({ type }) => type === 'timeZoneName')?.value;
  return `${time} on ${day} (${zone}, ${(offset ?? 'UTC').replace('GMT', 'UTC')})`;
}
