/** What stands for a secret or an address in the recordings; captured values are kept for later requests. */
export interface Known extends Map<string, string> {
  readonly fileIds: Pairs
  /** By the path of the resource: the recorded etag that was seen last, and ours. */
  readonly etags: Map<string, readonly [recorded: string, actual: string]>
}

/** What is wrong with an etag: it must change exactly when the recorded one has changed. */
export function etagTrouble(known: Known, path: string, recorded: string, actual: string): string | undefined {
  const place = decodeURIComponent(path).replace(/^\/remote\.php\/(?:webdav|files)\//, '/remote.php/dav/files/alice/')
  const before = known.etags.get(place.replace(/\/$/, ''))
  known.etags.set(place.replace(/\/$/, ''), [recorded, actual])
  if (before === undefined || (before[0] === recorded) === (before[1] === actual)) return undefined
  return before[0] === recorded ? 'the etag has changed' : 'the etag is the old one'
}

/** A recorded text with what is known put in for its placeholders. */
export function fill(text: string, known: Known): string {
  return text.replace(/\{[a-z_][\w-]*\}/g, (name) => known.get(name) ?? name)
}

/** A placeholder at the end of a recorded text takes what stands there now. */
export function capture(recorded: string, actual: string, known: Known): void {
  const [, start = '', name = '', end = ''] = /^(.*)(\{[a-z_][\w-]*\})(>?)$/.exec(fill(recorded, known)) ?? []
  if (name === '' || !actual.startsWith(start) || !actual.endsWith(end)) return
  known.set(name, actual.slice(start.length, actual.length - end.length))
}

/** Ids of the recording and the ones that stand for them here, one for one. */
export class Pairs extends Map<string, string> {
  readonly #recordedBy = new Map<string, string>()

  override set(recorded: string, actual: string): this {
    this.#recordedBy.set(actual, recorded)
    return super.set(recorded, actual)
  }

  /** Pairs the two, or tells what is in the way: what is the same there must be the same here, and nothing else. */
  pair(recorded: string, actual: string): string | undefined {
    const known = this.get(recorded)
    const knownRecorded = this.#recordedBy.get(actual)
    if (known === undefined && knownRecorded === undefined) this.set(recorded, actual)
    if (known !== undefined && known !== actual) return `it was ${known} before`
    if (known === undefined && knownRecorded !== undefined) return `it stands for ${knownRecorded}`
    return undefined
  }
}
