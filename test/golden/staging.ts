import type { TestApp } from '../helpers/test-app.ts'
import { basic, OCS } from '../helpers/test-app.ts'
import { type Between, PASSWORDS } from './cast.ts'

/** Recordings that were made after those of editing the accounts. */
const AFTER_THE_EDITS = new Set(['session-login', 'status-php', 'webdav-files', 'webdav-principals'])

/** Alice as the recordings found her. */
export async function prepareAlice(app: TestApp, topic: string): Promise<void> {
  const alice = PASSWORDS['alice'] ?? ''
  const edit = async (key: string, value: string, as = 'alice', secret = alice): Promise<void> => {
    await app.request({
      method: 'PUT',
      url: '/ocs/v2.php/cloud/users/alice',
      headers: {
        'ocs-apirequest': 'true',
        authorization: basic(as, secret),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ key, value }).toString(),
    })
  }
  if (topic === 'rate-limits') {
    for (let count = 0; count < 30; count++) await edit('headline', 'x')
    return
  }
  await edit('website', 'https://example.net')
  if (topic === 'ocs-envelope' || topic === 'capabilities') await edit('language', 'en')
  if (topic === 'capabilities') {
    await edit('locale', 'en_US')
    await edit('timezone', 'Europe/Berlin')
    await app.request({
      method: 'POST',
      url: '/apps/theming/background/color',
      headers: { ...OCS, 'content-type': 'application/json' },
      body: '{"color":"#00679e"}',
      as: ['alice', alice],
    })
    await app.request({
      method: 'DELETE',
      url: '/ocs/v2.php/apps/theming/api/v1/theme/default',
      headers: OCS,
      as: ['alice', alice],
    })
  }
  if (!AFTER_THE_EDITS.has(topic)) return
  await edit('quota', '1 TB', 'admin', PASSWORDS['admin'])
  await edit('phone', '+4971112345678')
  await edit('phoneScope', 'v2-private')
  await edit('bluesky', 'alice.bsky.social')
}

/** Erin chose German before the last requests. */
export const betweenEnvelope: Between = {
  async 'A message in the language of the user (German)'(app) {
    await app.request({
      method: 'PUT',
      url: '/ocs/v2.php/cloud/users/erin',
      headers: { ...OCS, 'content-type': 'application/json' },
      body: JSON.stringify({ key: 'language', value: 'de' }),
      as: ['erin', PASSWORDS['erin'] ?? ''],
    })
  },
}

/** The reference's own name and colours, so that what is derived from them can be compared. */
export async function dressAsRecorded(app: TestApp): Promise<void> {
  await run(app, 'name', 'Nextcloud')
  await run(app, 'url', 'https://nextcloud.com')
  await run(app, 'slogan', 'a safe home for all your data')
  await run(app, 'primary_color', '#00679e')
  await run(app, 'background_color', '#00679e')
}

/** What the administrator did on the command line between the recorded requests. */
export const betweenTheming: Between = {
  'Capabilities after name, url, slogan and primary colour': async (app) => {
    await run(app, 'name', 'Example Cloud')
    await run(app, 'url', 'https://cloud.example.com')
    await run(app, 'slogan', 'Files for everyone')
    await run(app, 'imprintUrl', 'https://example.com/imprint')
    await run(app, 'privacyUrl', 'https://example.com/privacy')
    await run(app, 'primary_color', '#C81E3C')
  },
  'Capabilities after a logo': (app) => setImage(app, 'logo', '#3366cc'),
  'Capabilities after a background image': async (app) => {
    await setImage(app, 'favicon', '#cc6633')
    await setImage(app, 'logoheader', '#66cc33')
    await setImage(app, 'background', '#1e5aa0')
  },
  'Capabilities with a plain background (backgroundColor)': async (app) => {
    await run(app, 'background', 'backgroundColor')
  },
  'Capabilities with background_color set': (app) => run(app, 'background_color', '#112233'),
  'Capabilities with a white primary colour: note color-text and the element colours': (app) =>
    run(app, 'primary_color', '#ffffff'),
  'Capabilities with a black primary colour': (app) => run(app, 'primary_color', '#000000'),
  'Capabilities after the reset': async (app) => {
    for (const key of ['imprintUrl', 'privacyUrl', 'logo', 'logoheader', 'favicon']) await run(app, key, undefined)
    await dressAsRecorded(app)
  },
}

/** Runs `theming:config key value`, or resets when there is no value. */
async function run(app: TestApp, key: string, value: string | undefined): Promise<void> {
  const command = app.features.list
    .flatMap(({ commands }) => commands ?? [])
    .find(({ name }) => name === 'theming:config')
  if (command === undefined) throw new Error('There is no command theming:config')
  const args = value === undefined ? { key } : { key, value }
  const options = { reset: value === undefined }
  const output = { line() {}, result() {}, progress() {}, warn() {} }
  const prompt = { env: {}, secret: () => Promise.reject(new Error('nobody to ask')) }
  await command.run({ args, rest: [], options }, output, prompt)
}

async function setImage(app: TestApp, name: string, color: string): Promise<void> {
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-image-'))
  const file = join(folder, 'image.svg')
  writeFileSync(
    file,
    `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${color}"/></svg>`,
  )
  await run(app, name, file)
  rmSync(folder, { recursive: true })
}
