import { readXml, type XmlElement } from '../../src/dav/xml/read.ts'
import { etagTrouble, type Known } from './known.ts'

export type Note = (part: string, recorded: unknown, actual: unknown) => void

const DAV = '{DAV:}'
const SABRE = '{http://sabredav.org/ns}'

export interface DavContext {
  readonly known: Known
  /** Whether the answer has an order that was asked for; members of a folder have none (RFC 4918 section 9.1). */
  readonly isOrdered: boolean
}

export function isDavXml(text: string): boolean {
  return text.startsWith('<?xml') && text.includes('"DAV:"')
}

/** Compares two DAV bodies by what they say: errors element by element, listings property by property, in their order. */
export function compareDavBodies(recordedText: string, actualText: string, context: DavContext, note: Note): void {
  const recorded = readXml(Buffer.from(recordedText))
  const actual = isDavXml(actualText) ? readXml(Buffer.from(actualText)) : undefined
  if (actual === undefined || recorded.name !== actual.name) {
    note('body', recorded.name, actual?.name ?? actualText)
    return
  }
  comparePrefixes(recordedText, actualText, note)
  if (recorded.name === `${DAV}error`) compareErrors(recorded, actual, note)
  else if (recorded.name === `${DAV}multistatus`) compareListings(recorded, actual, context, note)
  else compareTexts('body', inner(recorded), inner(actual), note)
}

const PREFIXES: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
  'http://sabredav.org/ns': 's',
}

/** Clients look for prefixes literally, whatever XML says about them: also for `x1` and `x2` of other namespaces. */
function comparePrefixes(recordedText: string, actualText: string, note: Note): void {
  const recorded = prefixesOf(recordedText)
  for (const [uri, prefixes] of prefixesOf(actualText)) {
    const wanted = recorded.get(uri)?.join() ?? PREFIXES[uri]
    if (wanted !== undefined && prefixes.join() !== wanted) note('prefix', wanted, prefixes.join())
  }
  if (/<\w+[ >/]/.test(actualText)) note('prefix', 'on every element', /<\w+[ >/]/.exec(actualText)?.[0])
}

function prefixesOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [, prefix = '', uri = ''] of text.matchAll(/xmlns:(\w+)="([^"]*)"/g)) {
    const known = found.get(uri) ?? []
    if (!known.includes(prefix)) found.set(uri, [...known, prefix])
  }
  return found
}

function compareErrors(recorded: XmlElement, actual: XmlElement, note: Note): void {
  const exception = childText(actual, `${SABRE}exception`) ?? ''
  if (childText(recorded, `${SABRE}exception`) !== exception) {
    note(
      `error exception ${exception.slice(exception.lastIndexOf('\\') + 1)}`,
      childText(recorded, `${SABRE}exception`),
      exception,
    )
  }
  const message = `${SABRE}message`
  if (childText(recorded, message) !== childText(actual, message)) {
    note('error message', childText(recorded, message), childText(actual, message))
  }
  const others = (error: XmlElement): string =>
    error.children
      .filter(({ name }) => name !== message && name !== `${SABRE}exception`)
      .map((child) => `<${child.name}>${inner(child)}</>`)
      .join('')
  if (others(recorded) !== others(actual)) note('error detail', others(recorded), others(actual))
}

interface Propstat {
  readonly status: string
  /** Inner XML by Clark name, in order. */
  readonly properties: ReadonlyMap<string, string>
}

interface Listed {
  readonly status: string
  readonly propstats: readonly Propstat[]
}

function compareListings(recorded: XmlElement, actual: XmlElement, { known, isOrdered }: DavContext, note: Note): void {
  const one = listingOf(recorded)
  const other = listingOf(actual)
  const missing = [...one.keys()].filter((href) => !other.has(href))
  const extra = [...other.keys()].filter((href) => !one.has(href))
  if (missing.length > 0) note('listing missing', missing, undefined)
  if (extra.length > 0) note('listing extra', undefined, extra)
  if ([...one.keys()][0] !== [...other.keys()][0]) note('listing first', [...one.keys()][0], [...other.keys()][0])
  const shared = (listing: Map<string, Listed>, there: Map<string, Listed>): string =>
    [...listing.keys()].filter((href) => there.has(href)).join(' ')
  if (isOrdered && shared(one, other) !== shared(other, one)) {
    note('listing order', shared(one, other), shared(other, one))
  }
  for (const [href, listed] of one) {
    const found = other.get(href)
    if (found === undefined) continue
    compareListed(listed, found, note)
    compareIdentities(href, listed, found, known, note)
  }
}

function compareListed(recorded: Listed, actual: Listed, note: Note): void {
  if (recorded.status !== actual.status) note('listing status', recorded.status, actual.status)
  const one = statusesOf(recorded)
  const other = statusesOf(actual)
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    const short = shortName(name)
    const left = one.get(name)
    const right = other.get(name)
    if (left === undefined || right === undefined || left.status !== right.status) {
      note(`property ${short} ${right?.status.slice(0, 3) ?? 'missing'}`, left?.status, right?.status)
    } else if (left.status.startsWith('200')) compareTexts(`property ${short}`, left.value, right.value, note)
  }
  compareOrder(recorded, actual, note)
}

/** One client reads the first propstat alone; another takes properties as they come. */
function compareOrder(recorded: Listed, actual: Listed, note: Note): void {
  const statuses = ({ propstats }: Listed): string => propstats.map(({ status }) => status.slice(0, 3)).join()
  const wanted = statuses(recorded)
  const isOrdered =
    statuses(actual) ===
    wanted
      .split(',')
      .filter((status) => statuses(actual).includes(status))
      .join()
  if (!isOrdered && statuses(actual) !== '200') note('propstat order', wanted, statuses(actual))
  for (const { status, properties } of actual.propstats) {
    const same = recorded.propstats.find((propstat) => propstat.status === status)
    const both = [...(same?.properties.keys() ?? [])].filter((name) => properties.has(name))
    const ours = [...properties.keys()].filter((name) => same?.properties.has(name) === true)
    if (both.join() !== ours.join()) note('property order', both, ours)
  }
}

function statusesOf({ propstats }: Listed): Map<string, { status: string; value: string }> {
  const found = new Map<string, { status: string; value: string }>()
  for (const { status, properties } of propstats)
    for (const [name, value] of properties) found.set(name, { status, value })
  return found
}

function shortName(name: string): string {
  const end = name.indexOf('}')
  const prefix = PREFIXES[name.slice(1, end)] ?? 'other'
  return `${prefix}:${name.slice(end + 1)}`
}

function listingOf(multistatus: XmlElement): Map<string, Listed> {
  const found = new Map<string, Listed>()
  for (const response of multistatus.children) {
    if (response.name !== `${DAV}response`) continue
    const propstats = response.children
      .filter(({ name }) => name === `${DAV}propstat`)
      .map((propstat) => {
        const prop = propstat.children.find(({ name }) => name === `${DAV}prop`)
        const properties = (prop?.children ?? []).map((property): [string, string] => [property.name, inner(property)])
        const status = childText(propstat, `${DAV}status`)?.replace('HTTP/1.1 ', '') ?? ''
        return { status, properties: new Map(properties) }
      })
    found.set(childText(response, `${DAV}href`) ?? '', { status: childText(response, `${DAV}status`) ?? '', propstats })
  }
  return found
}

function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text
}

function inner({ children, text }: XmlElement): string {
  if (children.length === 0) return text
  return children.map((child) => `<${shortName(child.name)}>${inner(child)}</>`).join('')
}

/** Equal but for what belongs to each run: times and sizes of what was there before; ids and etags by their shape. */
function compareTexts(part: string, recorded: string, actual: string, note: Note): void {
  if (neutral(part, recorded) !== neutral(part, actual)) note(part, recorded, actual)
}

/** Ids and etags are others than the recorded ones, but stay and change when those do. */
function compareIdentities(href: string, recorded: Listed, actual: Listed, known: Known, note: Note): void {
  const one = statusesOf(recorded)
  const other = statusesOf(actual)
  const values = (name: string): [string | undefined, string | undefined] => [
    one.get(name)?.value,
    other.get(name)?.value,
  ]
  const [recordedId, id] = values('{http://owncloud.org/ns}fileid')
  if (recordedId !== undefined && id !== undefined) {
    const trouble = known.fileIds.pair(recordedId, id)
    if (trouble !== undefined) note('file id', recordedId, `${id}: ${trouble}`)
  }
  const [recordedEtag, etag] = values(`${DAV}getetag`)
  if (recordedEtag === undefined || etag === undefined || etag === '') return
  const trouble = etagTrouble(known, href, recordedEtag, etag)
  if (trouble !== undefined) note('etag', recordedEtag, `${etag}: ${trouble}`)
}

const COUNTS = /^property (?:d:quota-used-bytes|d:quota-available-bytes)$/

function neutral(part: string, text: string): string {
  if (part === 'property d:getetag') return text.replace(/[0-9a-f-]{8,}/g, 'ETAG')
  if (part === 'property oc:fileid') return text.replace(/^\d+$/, 'ID')
  if (part === 'property oc:id') return text.replace(/^\d{8,}[a-z0-9]+$/, 'ID')
  if (COUNTS.test(part)) return text.replace(/^\d+$/, 'BYTES')
  return text
    .replace(/opaquelocktoken:[0-9a-f{}_-][\w{}-]*/g, 'opaquelocktoken:TOKEN')
    .replace(/\w{3}, \d\d \w{3} (?!200|201|2020)\d{4} [\d:]{8} GMT/g, 'NOW')
    .replace(/^2026-\d\d-\d\dT[\d:]{8}(?:\+00:00|Z)$/, 'NOW')
    .replace(/^17\d{8}$|^18\d{8}$/, 'NOW')
}
