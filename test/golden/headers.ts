import type { Note } from './dav-compare.ts'
import { capture, etagTrouble, fill, type Known } from './known.ts'

type Headers = Readonly<Record<string, unknown>>

/** Headers that clients act on, on every surface. */
const EVERYWHERE = [
  'content-type',
  'www-authenticate',
  'location',
  'x-user-id',
  'x-nextcloud-user-status',
  'access-control-allow-origin',
  'allow',
  'x-nextcloud-well-known',
]

/** Below the DAV addresses nothing is the server's own affair: every header of the recordings is held against ours. */
const DAV = [
  'dav',
  'dasl',
  'ms-author-via',
  'vary',
  'accept-ranges',
  'content-range',
  'content-disposition',
  'content-location',
  'oc-checksum',
  'x-oc-mtime',
  'x-oc-ctime',
  'x-nc-ownerid',
  'x-nc-permissions',
  'x-hash-md5',
  'x-hash-sha1',
  'x-hash-sha256',
  'x-nextcloud-maintenance-mode',
  'retry-after',
]

/** Not every recording kept them. */
const IF_RECORDED = new Set(['access-control-allow-origin', 'content-length', 'vary'])

/** Classes of CalDAV, CardDAV and ACL, which are not here and must not be announced. */
const ABSENT_CLASSES = new Set([
  'access-control',
  'addressbook',
  'calendar-access',
  'calendar-auto-schedule',
  'calendar-availability',
  'calendar-proxy',
  'calendarserver-principal-property-search',
  'calendarserver-sharing',
  'calendarserver-subscribed',
  'nc-calendar-search',
  'nc-calendar-trashbin',
  'nc-calendar-webcal-cache',
  'nc-enable-birthday-calendar',
  'oc-calendar-publishing',
  'oc-resource-sharing',
])

export interface Sides {
  readonly recorded: Headers
  readonly actual: Headers
  readonly path: string
  readonly isDav: boolean
  /** Whether the bodies of both are empty: the type of nothing means nothing outside of DAV. */
  readonly isEmpty: boolean
}

export function compareHeaders({ recorded, actual, path, isDav, isEmpty }: Sides, known: Known, note: Note): void {
  for (const name of isDav ? [...EVERYWHERE, ...DAV, 'content-length'] : EVERYWHERE) {
    if (name === 'content-type' && isEmpty && !isDav) continue
    const one = normal(name, recorded[name], known, isDav)
    if (one === undefined && IF_RECORDED.has(name)) continue
    const other = normal(name, actual[name], known, isDav)
    if (one !== other) note(`header ${name}`, one, other)
  }
  for (const name of isDav ? SHAPES.keys() : ['etag', 'last-modified']) {
    compareShape(name, recorded[name], actual[name], isDav, note)
  }
  if (!isDav) return
  capture(String(recorded['lock-token'] ?? ''), String(actual['lock-token'] ?? ''), known)
  comparePairs(recorded, actual, path, known, note)
}

/** Values that belong to each server and each run have a shape that clients rely on. */
const SHAPES: ReadonlyMap<string, RegExp> = new Map([
  ['etag', /^"[^"\\\s]+"$/],
  ['oc-etag', /^"[^"\\\s]+"$/],
  ['oc-fileid', /^\d{8,}[a-z][a-z0-9]{11}$/],
  ['last-modified', /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/],
  ['lock-token', /^<opaquelocktoken:[0-9a-f-]{36}>$/],
])

function compareShape(name: string, one: unknown, other: unknown, isDav: boolean, note: Note): void {
  if ((one === undefined) !== (other === undefined)) note(`header ${name}`, one !== undefined, other !== undefined)
  else if (isDav && other !== undefined && SHAPES.get(name)?.test(String(other)) !== true)
    note(`header ${name}`, one, other)
}

function comparePairs(recorded: Headers, actual: Headers, path: string, known: Known, note: Note): void {
  const one = String(recorded['etag'] ?? '')
  const other = String(actual['etag'] ?? '')
  if (one !== '' && other !== '') {
    if (one.startsWith('"') !== other.startsWith('"')) note('header etag', one, other)
    // After a MOVE the etag is that of the file in its new place.
    const trouble = etagTrouble(known, path, one, other)
    if (trouble !== undefined) note('etag', one, `${other}: ${trouble}`)
  }
  if (actual['oc-etag'] !== undefined && actual['oc-etag'] !== actual['etag']) {
    note('header oc-etag', actual['etag'], actual['oc-etag'])
  }
  const id = (headers: Headers): string => String(Number.parseInt(String(headers['oc-fileid']), 10))
  if (recorded['oc-fileid'] === undefined || actual['oc-fileid'] === undefined) return
  const trouble = known.fileIds.pair(id(recorded), id(actual))
  if (trouble !== undefined) note('file id', id(recorded), `${id(actual)}: ${trouble}`)
}

function normal(name: string, value: unknown, known: Known, isDav: boolean): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = fill(String(value), known)
  if (name === 'dav') {
    const classes = text.split(', ')
    return classes.filter((one) => !ABSENT_CLASSES.has(one)).join(', ')
  }
  if (name !== 'content-type') return text
  // RFC 9110 section 8.3.1: quotes around a charset mean nothing. One client compares the rest as text.
  if (isDav) return text.replaceAll('"', '')
  // The reference writes one type in several ways; `text/xml` and `application/xml` are read alike (RFC 7303).
  return text.toLowerCase().replaceAll(/[ "]/g, '').replace('text/xml', 'application/xml')
}
