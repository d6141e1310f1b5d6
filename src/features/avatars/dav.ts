import { Readable } from 'node:stream'
import { commonProperties, type PropertyTable } from '../../dav/properties.ts'
import type { DavMount, DavResource, DavTree } from '../../dav/tree.ts'
import { opensAccount } from '../../http/reach.ts'
import { Fault } from '../../lib/fault.ts'
import { LARGE } from './pictures.ts'
import type { Avatar, Avatars, PictureType } from './service.ts'

interface AvatarResource extends DavResource {
  /** undefined for the collection. */
  readonly picture: Avatar | undefined
  readonly contentType: PictureType
}

const LISTED_PIXELS = 96

/** `/remote.php/dav/avatars/{user}/{size}.png`, as the desktop client asks for pictures (recording avatar). */
export function createAvatarMount(avatars: Avatars): DavMount {
  return {
    pattern: ['remote.php', 'dav', 'avatars', ':user'],
    tree: createAvatarTree(avatars),
    // It shows nothing of files; app passwords for a single folder have no business with others nevertheless.
    knowsLimits: true,
    admits: (viewer) => opensAccount(viewer),
  }
}

function createAvatarTree(avatars: Avatars): DavTree<AvatarResource> {
  const resource = (path: readonly string[], picture: Avatar, contentType: PictureType): AvatarResource => ({
    path,
    isCollection: false,
    etag: picture.etag,
    mtimeMs: picture.changedAtMs,
    picture,
    contentType,
  })
  const readOnly = async (): Promise<never> => {
    throw new Fault('forbidden', 'Pictures are not changed here')
  }
  return {
    methods: ['GET', 'HEAD', 'PROPFIND'],
    properties: avatarProperties(),
    async find({ viewer, base }, path) {
      const userId = base.at(-1) ?? ''
      const [name, ...rest] = path
      const file = wanted(name)
      if (rest.length > 0 || (name !== undefined && file === undefined)) return undefined
      const { pixels, contentType } = file ?? { pixels: LISTED_PIXELS, contentType: 'image/png' }
      const picture = await avatars.find(viewer, userId, { pixels, contentType })
      if (picture === undefined) return undefined
      if (name !== undefined) return resource(path, picture, contentType)
      return { path, isCollection: true, etag: undefined, mtimeMs: 0, picture: undefined, contentType }
    },
    async *list({ viewer, base }) {
      const contentType = 'image/png'
      const picture = await avatars.find(viewer, base.at(-1) ?? '', { pixels: LISTED_PIXELS, contentType })
      yield picture === undefined ? [] : [resource([`${LISTED_PIXELS}.png`], picture, contentType)]
    },
    async content(_call, { picture, path }) {
      if (picture === undefined) throw new Fault('not-found', '')
      const { contentType, content } = await picture.read()
      const name = path[0] ?? ''
      return {
        sizeBytes: content.byteLength,
        contentType,
        headers: {
          'content-disposition': `attachment; filename*=UTF-8''${name}; filename="${name}"`,
          'oc-etag': `"${picture.etag}"`,
        },
        bytes: content,
        open: (range) =>
          Readable.from([Buffer.from(range === undefined ? content : content.subarray(range.start, range.end + 1))]),
      }
    },
    put: readOnly,
    remove: readOnly,
    move: readOnly,
    copy: readOnly,
    patchProperties: readOnly,
  }
}

/** `96.png`, `128.jpg`. */
function wanted(name: string | undefined): { pixels: number; contentType: PictureType } | undefined {
  const [, digits = '', ending = ''] = /^(\d{1,4})\.(png|jpe?g)$/.exec(name ?? '') ?? []
  const pixels = Number(digits)
  if (pixels < 1) return undefined
  return { pixels: Math.min(pixels, LARGE), contentType: ending === 'png' ? 'image/png' : 'image/jpeg' }
}

function avatarProperties(): PropertyTable<AvatarResource> {
  const known = commonProperties<AvatarResource>()
  known.set('{DAV:}getcontentlength', {
    async load(_call, resources) {
      const lengths = new Map<AvatarResource, string>()
      for (const resource of resources) {
        if (resource.picture === undefined) continue
        lengths.set(resource, String((await resource.picture.read()).content.byteLength))
      }
      return lengths
    },
  })
  known.set('{DAV:}getcontenttype', { value: ({ picture, contentType }) => picture && contentType })
  return { known }
}
