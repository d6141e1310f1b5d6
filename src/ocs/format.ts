import type { OcsFormat } from './envelope.ts'

/** `?format=` of an address, readable even when the rest of its query is not. */
export function wantedFormat(url: string | undefined): string | undefined {
  return /[?&]format=([a-z]+)/.exec(url ?? '')?.[1]
}

/**
 * Which form an answer takes (recording ocs-envelope): `?format=` decides, else an `Accept` that is exactly JSON, else
 * XML. A browser's list of types stays XML even when JSON is in it.
 */
export function formatOf(wanted: unknown, accept: string | undefined): OcsFormat {
  if (typeof wanted === 'string' && wanted !== '') return wanted === 'json' ? 'json' : 'xml'
  return accept !== undefined && /^\s*application\/json\s*(;|$)/i.test(accept) ? 'json' : 'xml'
}
