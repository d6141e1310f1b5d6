import { compareDavBodies, type DavContext, isDavXml, type Note } from './dav-compare.ts'
import { compareHeaders } from './headers.ts'
import { capture, fill, type Known } from './known.ts'

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
  const isDav = path.startsWith('/remote.php/')
  if (recorded.status !== actual.status) {
    note(isDav ? `status ${actual.status}` : 'status', recorded.status, actual.status)
  }
  const isEmpty = actual.text === '' && (recorded.body === '' || recorded.body === null)
  compareHeaders({ recorded: recorded.headers ?? {}, actual: actual.headers, path, isDav, isEmpty }, known, note)
  compareBodies(recorded.body, actual, { known, isOrdered: method === 'SEARCH' }, note)
  return differences
}

function show(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')).slice(0, 160)
}

function compareBodies(recorded: unknown, actual: ActualAnswer, context: DavContext, note: Note): void {
  const { known } = context
  if (recorded === undefined || recorded === null) return
  if (isStandIn(recorded)) {
    compareStandIn(recorded, actual, note)
    return
  }
  if (typeof recorded === 'string') {
    if (isDavXml(recorded) && actual.text !== '') {
      compareDavBodies(fill(recorded, known), actual.text, context, note)
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
