import { commonProperties, type PropertyTable } from '../../dav/properties.ts'
import type { DavMount, DavResource, DavTree } from '../../dav/tree.ts'
import { encodedName } from '../../http/disposition.ts'
import { Fault } from '../../lib/fault.ts'
import { type Contents, contentTypeOf, type NodeRow } from '../files/index.ts'
import type { DirectLinks } from './service.ts'

interface LinkedFile extends DavResource {
  /** undefined for the collection of all links, which shows none of them. */
  readonly node: NodeRow | undefined
}

/**
 * `/remote.php/direct/{token}`: GET and HEAD with ranges, as media players ask, and nothing that writes (recording
 * direct-download). Whatever is wrong with a link, the answer is the same 404, and no guess is counted: the token is
 * too long to be guessed.
 */
export function createDirectMount(links: DirectLinks, contents: Contents): DavMount {
  return {
    pattern: ['remote.php', 'direct'],
    isPublic: true,
    tree: createDirectTree(links, contents),
    admits: () => true,
  }
}

function createDirectTree(links: DirectLinks, contents: Contents): DavTree<LinkedFile> {
  const readOnly = async (): Promise<never> => {
    throw new Fault('forbidden', '')
  }
  return {
    methods: ['GET', 'HEAD', 'PROPFIND'],
    properties: linkProperties(),
    async find(_call, path) {
      const [token, ...rest] = path
      if (token === undefined) return { path, isCollection: true, etag: undefined, mtimeMs: 0, node: undefined }
      const node = rest.length === 0 ? await links.open(token) : undefined
      if (node === undefined) throw new Fault('not-found', '')
      return { path, isCollection: false, etag: node.etag, mtimeMs: node.mtime_ms, node }
    },
    // biome-ignore lint/correctness/useYield: the collection of all links has no members that anybody may see
    async *list() {
      throw new Fault('forbidden', 'Listing members of this collection is disabled', { reason: 'method' })
    },
    async content(_call, { node }) {
      if (node === undefined) throw new Fault('not-found', '')
      const content = await contents.read(node.blob_id)
      if (content === undefined) return undefined
      return {
        sizeBytes: node.size_bytes,
        contentType: contentTypeOf(node.mime),
        headers: {
          // Shown in place: a player that is told to download would not play. The policy keeps scripts from running.
          'content-disposition': `inline; filename*=UTF-8''${encodedName(node.name)}`,
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': 'private, no-cache',
        },
        ...content,
      }
    },
    put: readOnly,
    remove: readOnly,
    move: readOnly,
    copy: readOnly,
    patchProperties: readOnly,
  }
}

function linkProperties(): PropertyTable<LinkedFile> {
  const known = commonProperties<LinkedFile>()
  known.set('{DAV:}getcontentlength', {
    value: ({ node }) => (node === undefined ? undefined : String(node.size_bytes)),
  })
  known.set('{DAV:}getcontenttype', { value: ({ node }) => node?.mime })
  return { known }
}
