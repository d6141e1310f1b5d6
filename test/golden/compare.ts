import { compareDavBodies, type FileIds, isDavXml, type Note } from './dav-compare.ts'

/** One way in which an answer differs from the recorded one: `status`, `header content-type`, `body ocs.data.email`. */
export interface Difference {
  readonly part: string
  readonly recorded: string
  readonly actual: string
}

export interface RecordedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export interface ActualAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Values under these names change with every run: only their type is compared. */
const VOLATILE = new Set([
  'firstLoginTimestamp',
  'lastLoginTimestamp',
  'lastLogin',
  'used',
  'free',
  'relative',
  'cacheBuster',
  'token',
  'publicKey',
  'signature',
  'deviceIdentifier',
  'datetime',
  'object_id',
])

/** Headers that clients act on. The rest is the server's own affair. */
const COMPARED_HEADERS = [
  'content-type',
  'www-authenticate',
  'location',
  'x-user-id',
  'x-nextcloud-user-status',
  'x-nextcloud-user-status',
  'access-control-allow-origin',
  'allow',
]
/** Only whether they are there: their values belong to each server. */
const PRESENT_HEADERS = ['etag', 'last-modified']

/** What stands for a secret or an address in the recordings; captured values are kept for later requests. */
export interface Known extends Map<string, string> {
  readonly fileIds: FileIds
}

export function compareAnswers(
  recorded: RecordedAnswer,
  actual: ActualAnswer,
  known: Known,
  { method, path }: { readonly method: string; readonly path: string },
): Difference[] {
  const differences: Difference[] = []
  const note = (part: string, one: unknown, other: unknown): void => {
    differences.push({ part, recorded: show(one), actual: show(other) })
  }
  if (recorded.status !== actual.status) note('status', recorded.status, actual.status)
  compareHeaders(recorded, actual, known, note)
  if (path.startsWith('/remote.php/')) compareDavHeaders(method, recorded, actual, known, note)
  compareBodies(recorded.body, actual, known, note)
  return differences
}

function show(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')).slice(0, 160)
}

function compareHeaders(recorded: RecordedAnswer, actual: ActualAnswer, known: Known, note: Note): void {
  for (const name of COMPARED_HEADERS) {
    // The type of nothing means nothing.
    if (name === 'content-type' && actual.text === '' && (recorded.body === '' || recorded.body === null)) continue
    const one = normalHeader(name, recorded.headers?.[name], known)
    if (name === 'access-control-allow-origin' && one === undefined) continue
    const other = normalHeader(name, actual.headers[name], known)
    if (one !== other) note(`header ${name}`, one, other)
  }
  for (const name of PRESENT_HEADERS) {
    const isRecorded = recorded.headers?.[name] !== undefined
    if (isRecorded !== (actual.headers[name] !== undefined)) note(`header ${name}`, isRecorded, !isRecorded)
  }
}

const DAV_HEADERS = ['content-range', 'content-disposition', 'x-oc-mtime', 'oc-checksum', 'dav', 'x-nc-permissions']
const DAV_PRESENT = ['oc-fileid', 'oc-etag', 'lock-token']

function compareDavHeaders(
  method: string,
  recorded: RecordedAnswer,
  actual: ActualAnswer,
  known: Known,
  note: Note,
): void {
  capture(String(recorded.headers?.['lock-token'] ?? ''), String(actual.headers['lock-token'] ?? ''), known)
  const names = method === 'GET' || method === 'HEAD' ? [...DAV_HEADERS, 'content-length'] : DAV_HEADERS
  for (const name of names) {
    const one = recorded.headers?.[name]
    // Errors, and answers in pieces, were recorded without a length.
    if (name === 'content-length' && one === undefined) continue
    const other = actual.headers[name]
    if (one !== other) note(`header ${name}`, one, other)
  }
  for (const name of DAV_PRESENT) {
    const isRecorded = recorded.headers?.[name] !== undefined
    if (isRecorded !== (actual.headers[name] !== undefined)) note(`header ${name}`, isRecorded, !isRecorded)
  }
}

function normalHeader(name: string, value: unknown, known: Known): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = fill(String(value), known)
  if (name !== 'content-type') return text
  // The reference writes one type in several ways; `text/xml` and `application/xml` are read alike (RFC 7303).
  return text.toLowerCase().replaceAll(/[ "]/g, '').replace('text/xml', 'application/xml')
}

/** A recorded text with what is known put in for its placeholders. */
export function fill(text: string, known: Known): string {
  return text.replace(/\{[a-z_][\w-]*\}/g, (name) => known.get(name) ?? name)
}

function compareBodies(recorded: unknown, actual: ActualAnswer, known: Known, note: Note): void {
  if (recorded === undefined || recorded === null) return
  if (isStandIn(recorded)) {
    compareStandIn(recorded, actual, note)
    return
  }
  if (typeof recorded === 'string') {
    if (isDavXml(recorded) && actual.text !== '') {
      compareDavBodies(fill(recorded, known), actual.text, known.fileIds, note)
      return
    }
    captureFromText(recorded, actual.text, known)
    const one = normalText(fill(recorded, known))
    const other = normalText(actual.text)
    if (one !== other) note('body', firstDifference(one, other), firstDifference(other, one))
    return
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(actual.text)
  } catch {
    note('body', recorded, actual.text)
    return
  }
  compareValues('body', recorded, parsed, known, note)
}

interface StandIn {
  readonly html?: true
  readonly binary?: true
  readonly text?: true
  readonly firstBytesHex?: string
}

function isStandIn(value: unknown): value is StandIn {
  const stand = value as StandIn | null
  return typeof value === 'object' && (stand?.html === true || stand?.binary === true || stand?.text === true)
}

/** Pages, pictures and long texts were not recorded whole: their type is compared by the header, a picture's first bytes here. */
function compareStandIn(recorded: StandIn, actual: ActualAnswer, note: Note): void {
  if (actual.text === '') note('body', recorded, '')
  if (recorded.firstBytesHex?.startsWith('89504e47') !== true) return
  if (!actual.text.slice(1, 4).startsWith('PNG')) note('body', 'PNG', actual.text.slice(0, 8))
}

/** XML with what changes from run to run taken out. */
function normalText(text: string): string {
  let normal = text.replace(/([?;&])v=\d+/g, '$1v=N')
  for (const name of VOLATILE)
    normal = normal.replace(new RegExp(`<${name}>[^<]*</${name}>`, 'g'), `<${name}>*</${name}>`)
  return normal
}

function firstDifference(one: string, other: string): string {
  const lines = other.split('\n')
  return (
    one
      .split('\n')
      .find((line, index) => line !== lines[index])
      ?.trim() ?? ''
  )
}

/** A placeholder inside recorded XML takes the value that stands in its place. */
function captureFromText(recorded: string, actual: string, known: Known): void {
  for (const [, tag, content = ''] of recorded.matchAll(/<(\w+)>([^<]*\{[a-z_][\w-]*\})<\/\1>/g)) {
    const value = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(actual)?.[1]
    if (value !== undefined) capture(content, value, known)
  }
}

/** A placeholder at the end of a recorded text takes what stands there now. */
function capture(recorded: string, actual: string, known: Known): void {
  const [, start = '', name = '', end = ''] = /^(.*)(\{[a-z_][\w-]*\})(>?)$/.exec(fill(recorded, known)) ?? []
  if (name === '' || !actual.startsWith(start) || !actual.endsWith(end)) return
  known.set(name, actual.slice(start.length, actual.length - end.length))
}

function compareValues(path: string, recorded: unknown, actual: unknown, known: Known, note: Note): void {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (typeof recorded === 'string' && typeof actual === 'string') {
    capture(recorded, actual, known)
    const one = normalText(fill(recorded, known))
    if (!VOLATILE.has(name) && one !== normalText(actual)) note(path, one, actual)
    return
  }
  if (VOLATILE.has(name) && typeof recorded === typeof actual) return
  if (!isGroup(recorded) || !isGroup(actual)) {
    if (recorded !== actual) note(path, recorded, actual)
    return
  }
  compareGroups(path, recorded, actual, known, note)
}

type Group = Readonly<Record<string, unknown>>

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null
}

/** Capability documents were recorded in part where only a part was of interest. */
function isExcerpt(recorded: Group): boolean {
  if (ONLY_CHANGES in recorded || TRIMMED in recorded) return true
  const names = Object.keys(recorded)
  const isOnly = (name: string): boolean => names.length === 1 && names[0] === name
  return isOnly('theming') || (isOnly('capabilities') && isGroup(recorded['capabilities']))
}

const TRIMMED = '_other_parts'
/** Stands for the rest of a list. */
const FURTHER_TRIMMED = '(further entries trimmed)'
const ONLY_CHANGES = '_only_the_parts_that_differ_from_the_ordinary_user'

function compareGroups(path: string, recorded: Group, actual: Group, known: Known, note: Note): void {
  if (Array.isArray(recorded) !== Array.isArray(actual)) {
    note(path, recorded, actual)
    return
  }
  if (Array.isArray(recorded) && Array.isArray(actual) && recorded.at(-1) === FURTHER_TRIMMED) {
    const kept = recorded.slice(0, -1)
    compareValues(path, kept, actual.slice(0, kept.length), known, note)
    return
  }
  if (ONLY_CHANGES in recorded) {
    compareValues(
      path,
      recorded[ONLY_CHANGES],
      Object.fromEntries(Object.entries(actual).filter(([name]) => name in (recorded[ONLY_CHANGES] as Group))),
      known,
      note,
    )
    return
  }
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(actual)])) {
    const inner = `${path}.${name}`
    if (name === TRIMMED) continue
    if (!(name in actual)) note(inner, recorded[name], undefined)
    else if (!(name in recorded) && !isExcerpt(recorded)) note(inner, undefined, actual[name])
    else if (!(name in recorded)) continue
    else compareValues(inner, recorded[name], actual[name], known, note)
  }
}
