import { readXml, type XmlElement } from '../../src/dav/xml/read.ts'

export type Note = (part: string, recorded: unknown, actual: unknown) => void

/** Which recorded file id stands for which of ours. */
export type FileIds = Map<string, string>

const DAV = '{DAV:}'
const SABRE = '{http://sabredav.org/ns}'

export function isDavXml(text: string): boolean {
  return text.startsWith('<?xml') && text.includes('"DAV:"')
}

/** Compares two DAV bodies by what they say: errors by exception and message, listings property by property. */
export function compareDavBodies(recordedText: string, actualText: string, ids: FileIds, note: Note): void {
  const recorded = readXml(Buffer.from(recordedText))
  const actual = isDavXml(actualText) ? readXml(Buffer.from(actualText)) : undefined
  if (actual === undefined || recorded.name !== actual.name) {
    note('body', recorded.name, actual?.name ?? actualText)
    return
  }
  if (recorded.name === `${DAV}error`) {
    compareErrors(recorded, actual, note)
    return
  }
  comparePrefixes(actualText, note)
  if (recorded.name === `${DAV}multistatus`) compareListings(recorded, actual, ids, note)
  else compareTexts('body', inner(recorded), inner(actual), ids, note)
}

const PREFIXES: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
  'http://sabredav.org/ns': 's',
}

/** Clients look for prefixes literally, whatever XML says about them. */
function comparePrefixes(text: string, note: Note): void {
  for (const [, prefix, uri = ''] of text.matchAll(/xmlns:(\w+)="([^"]*)"/g)) {
    const wanted = PREFIXES[uri]
    if (wanted !== undefined && prefix !== wanted) note('prefix', wanted, prefix)
  }
  if (/<\w+[ >/]/.test(text)) note('prefix', 'on every element', /<\w+[ >/]/.exec(text)?.[0])
}

function compareErrors(recorded: XmlElement, actual: XmlElement, note: Note): void {
  for (const name of [`${SABRE}exception`, `${SABRE}message`]) {
    const one = childText(recorded, name)
    const other = childText(actual, name)
    if (one !== other) note(`error ${name.slice(SABRE.length)}`, one, other)
  }
  const conditions = (error: XmlElement): string[] =>
    error.children.filter(({ name }) => name.startsWith(DAV)).map(({ name }) => name)
  if (conditions(recorded).join() !== conditions(actual).join()) {
    note('error condition', conditions(recorded), conditions(actual))
  }
}

interface Listed {
  readonly status: string
  /** Inner XML and status, by Clark name. */
  readonly properties: ReadonlyMap<string, { readonly status: string; readonly value: string }>
}

function compareListings(recorded: XmlElement, actual: XmlElement, ids: FileIds, note: Note): void {
  const one = listingOf(recorded)
  const other = listingOf(actual)
  const missing = [...one.keys()].filter((href) => !other.has(href))
  const extra = [...other.keys()].filter((href) => !one.has(href))
  if (missing.length > 0) note('listing missing', missing, undefined)
  if (extra.length > 0) note('listing extra', undefined, extra)
  if (missing.length + extra.length === 0 && [...one.keys()][0] !== [...other.keys()][0]) {
    note('listing first', [...one.keys()][0], [...other.keys()][0])
  }
  for (const [href, listed] of one) {
    const found = other.get(href)
    if (found !== undefined) compareListed(listed, found, ids, note)
  }
}

function compareListed(recorded: Listed, actual: Listed, ids: FileIds, note: Note): void {
  if (recorded.status !== actual.status) note('listing status', recorded.status, actual.status)
  for (const name of new Set([...recorded.properties.keys(), ...actual.properties.keys()])) {
    const one = recorded.properties.get(name)
    const other = actual.properties.get(name)
    const short = shortName(name)
    if (one === undefined || other === undefined || one.status !== other.status) {
      note(`property ${short} status`, one?.status, other?.status)
    } else if (one.status.startsWith('200')) compareTexts(`property ${short}`, one.value, other.value, ids, note)
  }
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
    const properties = new Map<string, { status: string; value: string }>()
    for (const propstat of response.children.filter(({ name }) => name === `${DAV}propstat`)) {
      const status = childText(propstat, `${DAV}status`)?.replace('HTTP/1.1 ', '') ?? ''
      const prop = propstat.children.find(({ name }) => name === `${DAV}prop`)
      for (const property of prop?.children ?? []) properties.set(property.name, { status, value: inner(property) })
    }
    // Percent signs may be written in small or large letters, and reserved characters as they are (RFC 3986).
    const href = decodeURIComponent(childText(response, `${DAV}href`) ?? '')
    found.set(href, { status: childText(response, `${DAV}status`) ?? '', properties })
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

/** Equal but for what belongs to each run: ids, etags, times and sizes of what was there before. */
function compareTexts(part: string, recorded: string, actual: string, ids: FileIds, note: Note): void {
  const one = neutral(part, recorded)
  const other = neutral(part, actual)
  if (one !== other) note(part, recorded, actual)
  if (part !== 'property oc:fileid' || one !== other) return
  const known = ids.get(recorded)
  if (known === undefined) ids.set(recorded, actual)
  else if (known !== actual) note('file id', `${recorded}, which was ${known}`, actual)
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
