import { UserError } from '../../event/errors.ts';
import type { AudioContent, InputFile, InputImage } from '../../event/item.ts';
import type { ProviderObject } from '../provider-object.ts';
import { type LanguageModelCompatible, nameOf, providerKey, versionOf } from './language-model.ts';
import { withOptions } from './provider-options.ts';

/** Where the bytes of a file are. */
export type FilePlace = { readonly url: string } | { readonly base64: string } | { readonly id: string };

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?,(.*)$/s;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
};

/** A place and its media type, where the place itself tells it. */
export function placeOf(text: string): { place: FilePlace; mediaType?: string } {
  const [whole, mediaType, base64 = ''] = DATA_URL.exec(text) ?? [];
  if (whole !== undefined) return { place: { base64 }, ...(mediaType && { mediaType }) };
  return { place: /^https?:/i.test(text) ? { url: text } : { base64: text } };
}

/** The place in the words of the model's version. */
function dataOf(place: FilePlace, model: LanguageModelCompatible): unknown {
  const v4 = versionOf(model) === 'v4';
  if ('url' in place) return v4 ? { type: 'url', url: new URL(place.url) } : new URL(place.url);
  if ('base64' in place) return v4 ? { type: 'data', data: place.base64 } : place.base64;
  if (v4) return { type: 'reference', reference: { [providerKey(model)]: place.id } };
  throw new UserError(
    `The model ${nameOf(model)} takes no reference to an uploaded file (${place.id}). Give a URL, a data URL, or a model of specification v4.`,
    { code: 'OPTION_TYPE' },
  );
}

export function filePart(
  place: FilePlace,
  mediaType: string,
  model: LanguageModelCompatible,
  extra: ProviderObject = {},
): ProviderObject {
  return { type: 'file', mediaType, data: dataOf(place, model), ...extra };
}

export function imagePart(
  { image, providerData }: InputImage,
  model: LanguageModelCompatible,
): ProviderObject | undefined {
  if (image === undefined) return undefined;
  const { place, mediaType } = typeof image === 'string' ? placeOf(image) : { place: image, mediaType: undefined };
  const told = typeof providerData?.['mediaType'] === 'string' ? providerData['mediaType'] : undefined;
  const fallback = 'base64' in place ? 'image/png' : 'image/*';
  return filePart(place, told ?? mediaType ?? fallback, model, withOptions(providerData, model));
}

export function documentPart(
  { file, filename, providerData }: InputFile,
  model: LanguageModelCompatible,
): ProviderObject | undefined {
  if (file === undefined) return undefined;
  const found = typeof file === 'string' ? placeOf(file) : { place: file, mediaType: undefined };
  const { place } = found;
  const told = typeof providerData?.['mediaType'] === 'string' ? providerData['mediaType'] : undefined;
  const mediaType =
    told ??
    found.mediaType ??
    typeByName(filename) ??
    ('url' in place ? typeByName(new URL(place.url).pathname) : undefined);
  if (mediaType === undefined && 'base64' in place) {
    throw new UserError(
      "A file for an AI SDK model needs a media type: give a data URL, a filename with a known ending, or providerData: { mediaType: 'application/pdf' }.",
      { code: 'OPTION_TYPE' },
    );
  }
  const name = filename === undefined ? {} : { filename };
  return filePart(place, mediaType ?? 'application/pdf', model, { ...name, ...withOptions(providerData, model) });
}

export function audioPart(
  { audio, format, providerData }: AudioContent,
  model: LanguageModelCompatible,
): ProviderObject {
  const { place, mediaType } = typeof audio === 'string' ? placeOf(audio) : { place: audio, mediaType: undefined };
  const byFormat = format === 'mp3' ? 'audio/mpeg' : `audio/${format ?? 'wav'}`;
  return filePart(place, mediaType ?? byFormat, model, withOptions(providerData, model));
}

function typeByName(name: string | undefined): string | undefined {
  return MEDIA_TYPES[/\.(\w+)$/.exec(name ?? '')?.[1]?.toLowerCase() ?? ''];
}
