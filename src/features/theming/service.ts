import { LRUCache } from 'lru-cache'
import type { Database } from '../../db/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/fault.ts'
import type { Audit } from '../../lib/log.ts'
import { lookUp } from '../../lib/lookup.ts'
import { accountTopic } from '../../lib/topics.ts'
import type { Preferences } from '../preferences/index.ts'
import { isColor } from './colors.ts'
import { BACKGROUNDS } from './drawings.ts'
import { MESSAGES } from './fault-messages.ts'
import { averageColor, encodeImage } from './images.ts'
import { PRIMARY_COLOR } from './preferences.ts'
import { acceptTextSetting, type ImageName, settingName, TEXT_SETTINGS } from './settings.ts'
import * as store from './store.ts'
import { THEME_IDS } from './themes.ts'

/** Stamp topic of everything that is the same for all. */
export const THEMING_TOPIC = 'theming'

export interface ImageFacts {
  readonly contentType: string
  readonly etag: string
  readonly changedAtMs: number
}

/** The theme of the server as a whole. */
export interface Theme {
  readonly values: Readonly<Record<string, string>>
  readonly images: ReadonlyMap<string, ImageFacts>
  /** Whether an administrator chose a plain colour in place of a background picture. */
  readonly isPlain: boolean
  /** Grows with each change; addresses carry it against caches. */
  readonly version: number
}

export interface Choice {
  /** `default`, `color`, or the name of a shipped background. */
  readonly background: string
  readonly backgroundColor: string
  /** `#rrggbb`, empty for the server's; set as a preference. */
  readonly primaryColor: string
  readonly themes: readonly string[]
  readonly version: number
}

/** What is chosen here; the rest are preferences. */
export type ChoiceChange = Partial<Pick<Choice, 'background' | 'backgroundColor' | 'themes'>>

const NO_CHOICE: Choice = {
  background: 'default',
  backgroundColor: '',
  primaryColor: '',
  themes: ['default'],
  version: 0,
}

export interface Theming {
  /** At once when it is remembered, which it is but for the moment after a change. */
  theme(): Theme | Promise<Theme>
  choice(accountId: number): Choice | Promise<Choice>
  image(name: ImageName): Promise<store.ImageRow | undefined>
  /** Sets a text setting. Throws Fault `bad-request`. */
  set(name: string, value: string, actor: string): Promise<void>
  /** Keeps an image, written anew. Throws Fault `bad-request`. */
  setImage(name: ImageName, input: Uint8Array, actor: string): Promise<void>
  /** A plain colour in place of the background picture. */
  setPlainBackground(actor: string): Promise<void>
  /** Back to what Cloudlet comes with. */
  reset(name: string, actor: string): Promise<void>
  /** Throws Fault `bad-request`, or `forbidden` when the administrator has switched choosing off. */
  choose(accountId: number, change: ChoiceChange): Promise<Choice>
}

export interface ThemingDeps {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly preferences: Pick<Preferences, 'of'>
}

const PLAIN = 'plain'
const VERSION = 'version'
const MAX_REMEMBERED_CHOICES = 10_000

export function createThemingService({ db, clock, audit, preferences }: ThemingDeps): Theming {
  const reading = createReading(db, preferences)
  const change = async (event: string, name: string, actor: string, write: Parameters<Database['write']>[0]) => {
    await db.write(async (tx) => {
      await write(tx)
      await store.countVersionUp(tx, VERSION)
      await db.stamps.bump(tx, THEMING_TOPIC)
    })
    audit.record({ event, actor, subject: name })
  }
  return {
    ...reading,
    async set(name, value, actor) {
      const known = settingName(name)
      const accepted = acceptTextSetting(known, value)
      await change('theming.changed', known, actor, (tx) => store.saveSetting(tx, known, accepted))
    },
    async setImage(name, input, actor) {
      const { contentType, content, etag } = await encodeImage(name, input)
      const row = { name, content_type: contentType, content, etag, changed_at_ms: clock.nowMs() }
      const color = name === 'background' ? await averageColor(input) : undefined
      await change('theming.image-changed', name, actor, async (tx) => {
        await store.saveImage(tx, row)
        if (color === undefined) return
        await store.deleteSetting(tx, PLAIN)
        await store.saveSetting(tx, 'background_color', color)
      })
    },
    async setPlainBackground(actor) {
      await change('theming.changed', 'background', actor, async (tx) => {
        await store.deleteImage(tx, 'background')
        await store.saveSetting(tx, PLAIN, 'yes')
      })
    },
    async reset(name, actor) {
      const known = settingName(name)
      await change('theming.reset', known, actor, async (tx) => {
        await store.deleteSetting(tx, known)
        await store.deleteImage(tx, known)
        if (known === 'background') await store.deleteSetting(tx, PLAIN)
      })
    },
    async choose(accountId, wanted) {
      const { values } = await reading.theme()
      if (values['disable-user-theming'] === 'yes') throw new Fault('forbidden', MESSAGES.fixed)
      checkChoice(wanted)
      const before = await reading.choice(accountId)
      const isBackground = wanted.background !== undefined || wanted.backgroundColor !== undefined
      const after = { ...before, ...wanted, version: before.version + (isBackground ? 1 : 0) }
      await db.write(async (tx) => {
        await store.saveChoice(tx, {
          account_id: accountId,
          background: after.background,
          background_color: after.backgroundColor,
          themes: after.themes.join(','),
          version: after.version,
        })
        await db.stamps.bump(tx, accountTopic(accountId))
      })
      return after
    },
  }
}

function checkChoice({ background, backgroundColor, themes }: ChoiceChange): void {
  if (
    background !== undefined &&
    background !== 'default' &&
    background !== 'color' &&
    lookUp(BACKGROUNDS, background) === undefined
  ) {
    throw new Fault('bad-request', MESSAGES.noBackground, { field: 'value' })
  }
  if (backgroundColor !== undefined && backgroundColor !== '' && !isColor(backgroundColor)) {
    throw new Fault('bad-request', MESSAGES.noColor, { field: 'color' })
  }
  const unknown = themes?.find((id) => !THEME_IDS.some((known) => known === id))
  if (unknown !== undefined) throw new Fault('bad-request', MESSAGES.noTheme(unknown.slice(0, 64)))
}

function createReading(
  db: Database,
  preferences: Pick<Preferences, 'of'>,
): Pick<Theming, 'theme' | 'choice' | 'image'> {
  let known: { readonly stamp: number; readonly theme: Theme } | undefined
  const choices = new LRUCache<number, { readonly stamp: number; readonly choice: Choice }>({
    max: MAX_REMEMBERED_CHOICES,
  })
  const load = async (): Promise<Theme> => {
    const stamp = db.stamps.of(THEMING_TOPIC)
    const kept = await store.listSettings(db.read)
    const values: Record<string, string> = {}
    for (const [name, { fallback }] of Object.entries(TEXT_SETTINGS)) values[name] = kept.get(name) ?? fallback
    const facts = await store.listImageFacts(db.read)
    const theme: Theme = {
      values,
      images: new Map(
        facts.map((row) => [
          row.name,
          { contentType: row.content_type, etag: row.etag, changedAtMs: row.changed_at_ms },
        ]),
      ),
      isPlain: kept.get(PLAIN) === 'yes',
      version: Number(kept.get(VERSION) ?? 1),
    }
    known = { stamp, theme }
    return theme
  }
  const loadChoice = async (accountId: number): Promise<Choice> => {
    const stamp = db.stamps.of(accountTopic(accountId))
    const row = await store.findChoice(db.read, accountId)
    const primaryColor = (await preferences.of(accountId)).get(PRIMARY_COLOR) ?? ''
    const choice = { ...(row === undefined ? NO_CHOICE : toChoice(row)), primaryColor }
    choices.set(accountId, { stamp, choice })
    return choice
  }
  return {
    theme: () => (known !== undefined && known.stamp === db.stamps.of(THEMING_TOPIC) ? known.theme : load()),
    choice(accountId) {
      const entry = choices.get(accountId)
      const isFresh = entry !== undefined && entry.stamp === db.stamps.of(accountTopic(accountId))
      return isFresh ? entry.choice : loadChoice(accountId)
    },
    image: (name) => store.findImage(db.read, name),
  }
}

function toChoice(row: store.ChoiceRow): Omit<Choice, 'primaryColor'> {
  return {
    background: row.background,
    backgroundColor: row.background_color,
    themes: row.themes === '' ? [] : row.themes.split(','),
    version: row.version,
  }
}
