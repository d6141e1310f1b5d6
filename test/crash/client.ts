import { createHash } from 'node:crypto'
import { readXml, type XmlElement } from '../../src/dav/xml/read.ts'
import { basic } from '../helpers/test-app.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

export interface Request {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** One account's WebDAV client. Paths are below its files, or below its uploads when they begin with `uploads:`. */
export interface Client {
  send(method: string, path: string, request?: Request): Promise<Answer>
  /** The same to any address of the server. */
  call(method: string, address: string, request?: Request): Promise<Answer>
  /** The header that says who it is. */
  readonly authorization: string
  /** The address of a path, as for `Destination`. */
  address(path: string): string
  /**
   * What a client can see of its files, by path: the root, which is '', what is directly in it, and all below `top`.
   * Content is read of what is at `top` or begins like it.
   */
  snapshot(top?: string): Promise<Snapshot>
  /** Chunks of an upload with their sizes; undefined when there is no such upload. */
  chunks(upload: string): Promise<Record<string, number> | undefined>
}

export interface Entry {
  readonly isFolder: boolean
  readonly fileId: string
  readonly etag: string
  readonly mtime: string
  readonly size: number
  /** Of the content; empty for a folder. */
  readonly sha256: string
  readonly checksums: string
  readonly isFavorite: boolean
  /** A property that only the client knows. */
  readonly color: string
  readonly locks: readonly string[]
}

export type Snapshot = ReadonlyMap<string, Entry>

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function createClient(url: () => string, user: string, secret: string): Client {
  const authorization = basic(user, secret)
  const address = (path: string): string => {
    const [space, below] = path.startsWith('uploads:') ? ['uploads', path.slice(8)] : ['files', path]
    const encoded = below.split('/').filter(Boolean).map(encodeURIComponent).join('/')
    return `${url()}/remote.php/dav/${space}/${user}/${encoded}`
  }
  const call: Client['call'] = async (method, place, { headers = {}, body } = {}) => {
    const answer = await fetch(URL.parse(place, url()) ?? place, {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }),
      redirect: 'manual',
    })
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  const send: Client['send'] = (method, path, request) => call(method, address(path), request)
  const sendWell: Client['send'] = async (method, path, request) => {
    const answer = await send(method, path, request)
    if (answer.status < 300) return answer
    throw new Error(`${method} ${path}: ${answer.status} ${answer.bytes.toString().slice(0, 400)}`)
  }
  return {
    authorization,
    send,
    call,
    address,
    async snapshot(top = '') {
      const found = new Map<string, Entry>()
      const look = async (path: string, depth: string): Promise<void> => {
        const { bytes } = await sendWell('PROPFIND', path, { headers: { depth }, body: WANTED })
        for (const response of readXml(bytes).children) {
          const { path: place, ...entry } = entryOf(response)
          const isRead = !entry.isFolder && place.startsWith(top)
          found.set(place, { ...entry, sha256: isRead ? sha256((await sendWell('GET', place)).bytes) : '' })
        }
      }
      await look('', top === '' ? 'infinity' : '1')
      if (found.get(top)?.isFolder === true) await look(top, 'infinity')
      return found
    },
    async chunks(upload) {
      const headers = { depth: '1' }
      const { status, bytes } = await send('PROPFIND', `uploads:${upload}`, { headers })
      if (status === 404) return undefined
      const chunks = readXml(bytes).children.map((response) => {
        const name = decodeURIComponent(deep(response, 'href').split('/').filter(Boolean).at(-1) ?? '')
        return [name, Number(deep(response, 'getcontentlength'))] as const
      })
      return Object.fromEntries(chunks.filter(([name]) => name !== upload && name !== '.file').toSorted())
    },
  }
}

const WANTED = `<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:x="urn:crash"><d:prop>
<d:getetag/><d:getlastmodified/><d:resourcetype/><d:lockdiscovery/><oc:fileid/><oc:size/><oc:checksums/><oc:favorite/>
<x:color/></d:prop></d:propfind>`

/** The text of the first element of that name, however deep. */
function deep(element: XmlElement, name: string): string {
  return all(element, name)[0]?.text ?? ''
}

function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.name.endsWith(`}${name}`) ? [child] : []), ...all(child, name)])
}

function entryOf(response: XmlElement): Omit<Entry, 'sha256'> & { readonly path: string } {
  const segments = deep(response, 'href').split('/').filter(Boolean).map(decodeURIComponent)
  return {
    path: segments.slice(4).join('/'),
    isFolder: all(response, 'collection').length > 0,
    fileId: deep(response, 'fileid'),
    etag: deep(response, 'getetag'),
    mtime: deep(response, 'getlastmodified'),
    size: Number(deep(response, 'size')),
    checksums: deep(response, 'checksum'),
    isFavorite: deep(response, 'favorite') === '1',
    color: deep(response, 'color'),
    locks: all(response, 'locktoken')
      .flatMap((token) => deep(token, 'href'))
      .toSorted(),
  }
}
