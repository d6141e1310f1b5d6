import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import { isForeignKeyViolation } from '../../db/errors.ts'
import type { AccountViewer, Viewer } from '../../http/viewer.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { AccountRecord, Visibility } from '../users/index.ts'
import { MESSAGES } from './fault-messages.ts'
import { hueOf, initialsOf } from './initials.ts'
import { type Accepted, convertPicture, LARGE, renderSvg, SMALL } from './pictures.ts'
import * as store from './store.ts'

export type PictureType = 'image/png' | 'image/jpeg'

/** What to show of somebody. The content is made when it is asked for: most clients have it already. */
export interface Avatar {
  /** Of each side. */
  readonly pixels: number
  /** Without quotes. */
  readonly etag: string
  /** Whether the account has put it up itself. */
  readonly isCustom: boolean
  readonly changedAtMs: number
  read(): Promise<{ readonly contentType: string; readonly content: Uint8Array }>
}

export interface AvatarWish {
  readonly pixels: number
  readonly isDark?: boolean
  /** Any when left out. */
  readonly contentType?: PictureType
}

export interface Avatars {
  /** undefined when there is no such account, and just the same when the viewer may not know of it. */
  find(viewer: Viewer, userId: string, wish: AvatarWish): Promise<Avatar | undefined>
  /** For somebody who has no account here. */
  guest(name: string, wish: AvatarWish): Avatar
  /** Puts up a picture for oneself; one that is not square changes nothing. */
  set(viewer: AccountViewer, picture: Accepted): Promise<void>
  /** Back to the generated picture. */
  remove(viewer: AccountViewer): Promise<void>
}

export interface AvatarsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly visibility: Pick<Visibility, 'findRecord'>
}

const MAX_REMEMBERED = 10_000
const MAX_PICTURE_BYTES = 16 * 1024 * 1024
/** Counts the changes of how we draw: it is part of the ETag of what is drawn. */
const DRAWING_VERSION = 1

/** The size that is kept for a size that is asked for. */
export const storedSize = (pixels: number): number => (pixels <= SMALL ? SMALL : LARGE)

interface Made {
  readonly contentType: string
  readonly content: Uint8Array
}

export function createAvatarsService({ db, clock, audit, visibility }: AvatarsDeps): Avatars {
  const factsOf = createFacts(db)
  const { drawn, kept } = createPictures(db)
  return {
    async find(viewer, userId, wish) {
      const record = await visibility.findRecord(viewer, userId)
      if (record === undefined) return undefined
      const { row } = record
      const size = storedSize(wish.pixels)
      const facts = showsPicture(record, viewer)
        ? (await factsOf(row.id)).find(({ pixels }) => pixels === size)
        : undefined
      if (facts !== undefined) return kept(facts, wish)
      return drawn(row.display_name === '' ? row.user_id : row.display_name, row.user_id, row.created_at_ms, wish)
    },
    guest: (name, wish) => drawn(name, name, clock.nowMs(), wish),
    async set({ accountId, userId }, picture) {
      if (picture.kind !== 'square') return
      const changedAtMs = clock.nowMs()
      const rows = [...picture.sizes].map(([pixels, { contentType, content, etag }]) => ({
        account_id: accountId,
        pixels,
        content_type: contentType,
        content,
        etag,
        changed_at_ms: changedAtMs,
      }))
      await db
        .write(async (tx) => {
          for (const row of rows) await store.saveAvatar(tx, row)
          await db.stamps.bump(tx, accountTopic(accountId))
        })
        .catch((error: unknown) => {
          if (isForeignKeyViolation(error)) throw new Fault('not-found', MESSAGES.noAccount)
          throw error
        })
      audit.record({ event: 'account.avatar-changed', actor: userId, subject: userId })
    },
    async remove({ accountId, userId }) {
      await db.write(async (tx) => {
        await store.deleteAvatar(tx, accountId)
        await db.stamps.bump(tx, accountTopic(accountId))
      })
      audit.record({ event: 'account.avatar-removed', actor: userId, subject: userId })
    },
  }
}

/** Pictures as they are asked for, made once and remembered for a while. */
function createPictures(db: Database) {
  const made = new LRUCache<string, Made>({
    maxSize: MAX_PICTURE_BYTES,
    sizeCalculation: ({ content }) => content.byteLength + 1,
  })
  const making = async (key: string, make: () => Promise<Made>): Promise<Made> => {
    const known = made.get(key)
    if (known !== undefined) return known
    const picture = await make()
    made.set(key, picture)
    return picture
  }
  const drawn = (name: string, key: string, changedAtMs: number, wish: AvatarWish): Avatar => {
    const { pixels, isDark = false, contentType = 'image/png' } = wish
    const [initials, hue] = [initialsOf(name), hueOf(key)]
    const etag = sha256Hex(JSON.stringify([DRAWING_VERSION, initials, hue, isDark, pixels, contentType])).slice(0, 32)
    const draw = async (): Promise<Made> => {
      const { avatarSvg } = await import('./drawing.ts')
      const picture = await renderSvg(avatarSvg(initials, hue, isDark), pixels)
      return contentType === 'image/png' ? picture : convertPicture(picture.content, pixels, contentType)
    }
    return { pixels, etag, isCustom: false, changedAtMs, read: () => making(etag, draw) }
  }
  const kept = (facts: store.AvatarFacts, { pixels, contentType }: AvatarWish): Avatar => {
    const isAsKept = pixels === facts.pixels && (contentType ?? facts.content_type) === facts.content_type
    const type = contentType ?? (facts.content_type as PictureType)
    const etag = isAsKept ? facts.etag : sha256Hex(`${facts.etag} ${pixels} ${type}`).slice(0, 32)
    const load = async (): Promise<Made> => {
      const row = await store.findAvatar(db.read, facts.account_id, facts.pixels)
      if (row?.etag !== facts.etag) throw new Fault('conflict', MESSAGES.changed)
      return { contentType: row.content_type, content: row.content }
    }
    const convert = async (): Promise<Made> => convertPicture((await load()).content, pixels, type)
    return {
      pixels,
      etag,
      isCustom: true,
      changedAtMs: facts.changed_at_ms,
      read: () => (isAsKept ? load() : making(etag, convert)),
    }
  }
  return { drawn, kept }
}

/** A picture that its owner shows to nobody is drawn for everybody else. */
function showsPicture({ row, properties }: AccountRecord, viewer: Viewer): boolean {
  if (viewer.kind === 'account' && viewer.accountId === row.id) return true
  return properties.find(({ name }) => name === 'avatar')?.scope !== 'v2-private'
}

/** What is known of pictures without their content, so that most questions cost no statement. */
function createFacts(db: Database): (accountId: number) => Promise<readonly store.AvatarFacts[]> {
  const remembered = new LRUCache<number, { readonly stamp: number; readonly facts: readonly store.AvatarFacts[] }>({
    max: MAX_REMEMBERED,
  })
  return async (accountId) => {
    const stamp = db.stamps.of(accountTopic(accountId))
    const entry = remembered.get(accountId)
    if (entry !== undefined && entry.stamp === stamp) return entry.facts
    const facts = await store.listFacts(db.read, accountId)
    remembered.set(accountId, { stamp, facts })
    return facts
  }
}
