import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'
import { Fault } from '../../lib/fault.ts'

const RED = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="#c81e3c"/></svg>',
)

interface Block {
  readonly [name: string]: string | boolean | readonly string[]
}

async function block(app: TestApp, as?: readonly [string, string]): Promise<Block> {
  const url = '/ocs/v2.php/cloud/capabilities?format=json'
  const answer = await app.request({ url, headers: OCS, ...(as === undefined ? {} : { as }) })
  return answer.json().ocs.data.capabilities.theming
}

const pathOf = (address: unknown): string => String(address).replace(/^https?:\/\/[^/]+/, '')

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`theming on ${database}`, () => {
    after(stopSharedPostgres)

    test('a change is seen at once, by everybody, and written down', async () => {
      const app = await createTestApp({ database })
      const { theming } = app.features
      const before = await block(app)
      await theming.set('name', 'Example Cloud', 'test')
      await theming.set('color', '#ffffff', 'test')
      await theming.set('background_color', '#112233', 'test')
      const later = await block(app)
      assert.equal(later['name'], 'Example Cloud')
      assert.equal(later['color'], '#ffffff')
      assert.equal(later['color-text'], '#000000')
      assert.equal(later['color-element-bright'], '#b3b3b3')
      assert.equal(later['backgroundColor'], '#112233')
      assert.notEqual(later['cacheBuster'], before['cacheBuster'])
      await theming.reset('name', 'test')
      assert.equal((await block(app))['name'], 'Cloudlet')
      const dataFolder = app.dataFolder
      const audit = async (): Promise<string> => readFileSync(join(dataFolder, 'audit.log'), 'utf8')
      for (let turn = 0; turn < 200 && !(await audit()).includes('theming.reset'); turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      assert.match(await audit(), /theming\.changed.*name/)
      await app.close()
    })

    test('pictures have an address with a version, an ETag, 304 and HEAD, and cannot run anything', async () => {
      const app = await createTestApp({ database })
      await app.features.theming.setImage('logo', RED, 'test')
      const path = pathOf((await block(app))['logo'])
      assert.match(path, /^\/apps\/theming\/image\/logo\?.*v=\d+$/)
      const answer = await app.request({ url: path })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['content-type'], 'image/png')
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*sandbox/)
      const head = await app.request({ method: 'HEAD', url: path })
      assert.deepEqual([head.status, head.bytes.length], [200, 0])
      assert.equal(head.headers['content-length'], String(answer.bytes.length))
      const etag = String(answer.headers['etag'])
      const again = await app.request({ url: path, headers: { 'if-none-match': etag } })
      assert.deepEqual([again.status, again.text, again.headers['etag']], [304, '', etag])
      const since = String(answer.headers['last-modified'])
      assert.equal((await app.request({ url: path, headers: { 'if-modified-since': since } })).status, 304)
      assert.equal((await app.request({ url: `/index.php${path}` })).status, 200)
      await app.features.theming.reset('logo', 'test')
      assert.equal((await app.request({ url: path })).status, 404)
      assert.notEqual(pathOf((await block(app))['logo']), path)
      await app.close()
    })

    test('logo, header logo and favicon are told apart, and the logo stands in for what is missing', async () => {
      const app = await createTestApp({ database })
      await app.features.theming.setImage('logo', RED, 'test')
      const onlyLogo = await block(app)
      assert.equal(onlyLogo['logoheader'], onlyLogo['logo'])
      await app.features.theming.setImage('logoheader', RED, 'test')
      const both = await block(app)
      assert.match(String(both['logoheader']), /image\/logoheader/)
      const favicon = await app.request({ url: '/favicon.ico' })
      assert.deepEqual([favicon.status, favicon.headers['content-type']], [200, 'image/png'])
      await app.close()
    })

    test('a background: a picture, a plain colour, and back', async () => {
      const app = await createTestApp({ database })
      const { theming } = app.features
      await theming.setImage('background', RED, 'test')
      const own = await block(app)
      assert.deepEqual([own['background-plain'], own['background-default']], [false, false])
      assert.equal(own['backgroundColor'], '#c81e3c')
      assert.equal((await app.request({ url: pathOf(own['background']) })).headers['content-type'], 'image/webp')
      await theming.setPlainBackground('test')
      await theming.set('background_color', '#334455', 'test')
      const plain = await block(app)
      assert.deepEqual([plain['background-plain'], plain['background']], [true, '#334455'])
      await theming.reset('background', 'test')
      const shipped = await block(app)
      assert.deepEqual([shipped['background-plain'], shipped['background-default']], [false, true])
      assert.equal((await app.request({ url: pathOf(shipped['background']) })).status, 200)
      await app.close()
    })

    test('an account chooses for itself, and not against the administrator', async () => {
      const app = await createTestApp({ database })
      const me = ['admin', ADMIN_PASSWORD] as const
      const enable = (id: string) =>
        app.request({ method: 'PUT', url: `/ocs/v2.php/apps/theming/api/v1/theme/${id}/enable`, headers: OCS, as: me })
      assert.equal((await enable('dark')).status, 200)
      assert.deepEqual((await block(app, me))['enabledThemes'], ['dark'])
      assert.deepEqual((await block(app))['enabledThemes'], [])
      assert.equal((await enable('neon')).status, 400)
      await app.features.theming.set('disable-user-theming', 'yes', 'test')
      assert.equal((await enable('light')).status, 403)
      assert.deepEqual((await block(app, me))['enabledThemes'], ['dark'])
      await app.close()
    })
  })
}

describe('theming', () => {
  test('values that could break out of a page, a style sheet or a header are refused', async () => {
    const app = await createTestApp()
    for (const [name, value] of [
      ['primary_color', 'red;}body{display:none}'],
      ['primary_color', '#12345'],
      ['background_color', 'url(javascript:alert(1))'],
      ['url', 'javascript:alert(1)'],
      ['url', 'https://example.org/"><script>'],
      ['imprintUrl', 'data:text/html,x'],
      ['privacyUrl', 'https://exa mple.org'],
      ['name', 'two\nlines'],
      ['name', 'x'.repeat(251)],
      ['name', ''],
      ['slogan', 'x'.repeat(501)],
      ['disable-user-theming', 'perhaps'],
      ['version', '12'],
      ['plain', 'yes'],
      ['__proto__', 'x'],
    ] as const) {
      await assert.rejects(
        app.features.theming.set(name, value, 'test'),
        (error) => error instanceof Fault && error.kind === 'bad-request',
        `${name} ${value}`,
      )
    }
    await app.close()
  })

  test('a name with markup stays text on pages and in the manifest', async () => {
    const app = await createTestApp()
    await app.features.theming.set('name', `<img src=x onerror=alert(1)>"'&`, 'test')
    const page = await app.request({ url: '/login' })
    assert.doesNotMatch(page.text, /<img src=x/)
    assert.match(page.text, /&lt;img src=x/)
    const manifest = await app.request({ url: '/apps/theming/manifest' })
    assert.equal(manifest.json().name, `<img src=x onerror=alert(1)>"'&`)
    assert.match(String(manifest.headers['content-type']), /json/)
    await app.close()
  })

  test('style sheets of the themes carry the colours', async () => {
    const app = await createTestApp()
    await app.features.theming.set('primary_color', '#c81e3c', 'test')
    for (const id of ['default', 'light', 'dark', 'light-highcontrast', 'dark-highcontrast']) {
      const { status, headers, text } = await app.request({ url: `/apps/theming/theme/${id}.css?plain=1` })
      assert.equal(status, 200)
      assert.match(String(headers['content-type']), /^text\/css/)
      assert.match(text, /--color-primary: ?#c81e3c/)
    }
    assert.equal((await app.request({ url: '/apps/theming/theme/neon.css' })).status, 404)
    await app.close()
  })

  test('concurrent changes each count: no version is given twice', async () => {
    const app = await createTestApp()
    const { theming } = app.features
    const before = (await theming.theme()).version
    await Promise.all(Array.from({ length: 8 }, (_, index) => theming.set('slogan', `slogan ${index}`, 'test')))
    assert.equal((await theming.theme()).version, before + 8)
    await app.close()
  })
})
