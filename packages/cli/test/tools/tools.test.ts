import { describe, expect, it } from 'vitest';
import { daysBetween } from '../../src/tools/days.ts';
import { timeIn, zoneOf } from '../../src/tools/places.ts';
import { convert } from '../../src/tools/units.ts';

describe('convert', () => {
  it.each([
    [10, 'km', 'miles', 6.21371, 'mi'],
    [5, 'feet', 'cm', 152.4, 'cm'],
    [72, '°F', 'celsius', 22.2222, '°C'],
    [-40, 'C', 'F', -40, '°F'],
    [0, 'kelvin', 'degrees celsius', -273.15, '°C'],
    [4, 'kg', 'pounds', 8.81849, 'lb'],
    [100, 'km/h', 'mph', 62.1371, 'mph'],
    [2, 'hours', 'minutes', 120, 'min'],
  ])('%d %s in %s', (amount, from, to, value, symbol) => {
    const converted = convert(amount, from, to);
    expect(converted.value).toBeCloseTo(value, 4);
    expect(converted.to).toBe(symbol);
  });

  it('says what it does not know, and what cannot be', () => {
    expect(() => convert(1, 'parsec', 'km')).toThrow(/Unknown unit 'parsec'. Known are km/);
    expect(() => convert(1, 'kg', 'km')).toThrow(/kg measures mass, km measures length/);
    expect(() => convert(1, '__proto__', 'km')).toThrow(/Unknown unit/);
  });
});

describe('zoneOf', () => {
  it.each([
    ['Oslo', 'Europe/Oslo'],
    ['oslo', 'Europe/Oslo'],
    ['New York', 'America/New_York'],
    ['san francisco', 'America/Los_Angeles'],
    ['São Paulo', 'America/Sao_Paulo'],
    ['Norway', 'Europe/Oslo'],
    ['Bergen, Norway', 'Europe/Oslo'],
    ['europe/oslo', 'Europe/Oslo'],
    ['UTC', 'UTC'],
    ['Mumbai', 'Asia/Calcutta'],
    ['Buenos Aires', 'America/Argentina/Buenos_Aires'],
  ])('%s', (place, zone) => {
    const found = zoneOf(place);
    const same = (name = ''): string => new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    expect(same(found).replace('Buenos_Aires', '')).toBe(same(zone).replace('Buenos_Aires', ''));
  });

  it('knows no zone for what is no place', () => {
    for (const place of ['Atlantis', '', '../etc', '__proto__', 'constructor']) expect(zoneOf(place)).toBe(undefined);
  });

  it('gives every zone a time', () => {
    const now = new Date('2026-03-07T13:05:00Z');
    expect(timeIn('Europe/Oslo', now)).toBe('14:05 on Saturday, 7 March 2026 (Europe/Oslo, UTC+1)');
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      expect(zoneOf(zone)).toBe(zone);
      expect(timeIn(zone, now)).toMatch(/^\d\d:\d\d on \w+day, \d+ March 2026 \(/);
    }
  });
});

describe('daysBetween', () => {
  it.each([
    ['2026-01-01', '2026-01-02', 1],
    ['2024-02-28', '2024-03-01', 2],
    ['2026-03-28', '2026-03-30', 2],
    ['2026-12-24', '2026-12-24', 0],
    ['2026-12-24', '2026-12-01', -23],
  ])('%s to %s', (from, to, days) => expect(daysBetween(from, to)).toBe(days));

  it('refuses what is no date', () => {
    for (const date of ['2026-02-30', 'tomorrow', '', '2026-13-01']) {
      expect(() => daysBetween(date, '2026-01-01')).toThrow(/is no date/);
    }
  });
});
