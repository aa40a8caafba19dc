/** What a JSON schema says about the values of a property. */

export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  description?: string;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

export type Kind =
  | 'choice'
  | 'expression'
  | 'number'
  | 'boolean'
  | 'list'
  | 'object'
  | 'place'
  | 'date'
  | 'clock'
  | 'email'
  | 'url'
  | 'phone'
  | 'language'
  | 'unit'
  | 'currency'
  | 'id'
  | 'words';

/** The schema without its null. */
export function unwrapped(schema: Schema): Schema {
  const choices = schema.anyOf ?? schema.oneOf;
  const inner = choices?.find((choice) => choice.type !== 'null');
  return inner ? { ...(schema.description !== undefined && { description: schema.description }), ...inner } : schema;
}

export function isNullable(schema: Schema): boolean {
  if (Array.isArray(schema.type)) return schema.type.includes('null');
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((choice) => choice.type === 'null');
}

/** Which form a property's values have. The name counts before the description. */
export function kindOf(name: string, schema: Schema): Kind {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type;
  if (schema.enum || schema.const !== undefined) return 'choice';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return 'list';
  if (type === 'object') return 'object';
  if (schema.format === 'date' || schema.format === 'date-time') return 'date';
  if (schema.format === 'time') return 'clock';
  if (schema.format === 'email') return 'email';
  if (schema.format === 'uri' || schema.format === 'url') return 'url';
  const spaced = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  const description = (schema.description ?? '').toLowerCase();
  const says = (pattern: RegExp): boolean => pattern.test(spaced);
  if (says(/expr|formula|equation|calculation|arithmetic|^math/)) return 'expression';
  if (says(/e?mail/)) return 'email';
  if (says(/phone/)) return 'phone';
  if (says(/(^|_)(url|uri|link|website)/)) return 'url';
  if (says(/lang/)) return 'language';
  if (says(/currenc/)) return 'currency';
  if (says(/unit/)) return 'unit';
  if (says(/date|(^|_)(day|when|deadline|due)$/)) return 'date';
  if (says(/zone|^tz$|city|place|location|town|country|region/)) return 'place';
  if (says(/(^|_)(id|ids|number|no|ref|reference|sku|code|tracking)$/)) {
    return /currenc/.test(description) ? 'currency' : 'id';
  }
  if (/currenc|iso 4217/.test(description)) return 'currency';
  if (/\b(url|uri|web address)\b/.test(description)) return 'url';
  if (/\be-?mail address\b/.test(description)) return 'email';
  if (/\bunits?\b/.test(description)) return 'unit';
  if (/\bdate\b|yyyy-mm-dd|iso 8601/.test(description)) return 'date';
  if (/\b(city|time zone|place|airport|country)\b/.test(description) || says(/destination|origin|airport|^from$|^to$/))
    return 'place';
  if (/arithmetic|expression|formula/.test(description)) return 'expression';
  if (/\blanguage\b/.test(description)) return 'language';
  return 'words';
}

/** Which of two values of a kind a property is for. */
export type Side = 'from' | 'to';

/** A property that says from or to takes the value on that side of the text. */
export function sideOf(name: string): Side | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_-]/);
  if (words.some((word) => /^(from|source|origin|start|base|departure|checkin|since)$/.test(word))) return 'from';
  if (words.some((word) => /^(to|target|destination|end|quote|into|until|checkout)$/.test(word))) return 'to';
  return undefined;
}
