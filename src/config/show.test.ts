import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from './load.ts'
import { SETTINGS } from './settings.ts'
import { type ShownSetting, showConfig } from './show.ts'

const show = (env: Readonly<Record<string, string>>): ShownSetting[] => showConfig(loadConfig({ env, flags: {} }))

const SECRETS = [
  'CLOUDLET_DATABASE_URL',
  'CLOUDLET_S3_ACCESS_KEY_ID',
  'CLOUDLET_S3_SECRET_ACCESS_KEY',
  'CLOUDLET_ADMIN_PASSWORD',
  'CLOUDLET_METRICS_TOKEN',
  'CLOUDLET_SMTP_URL',
  'CLOUDLET_OIDC_CLIENT_SECRET',
]

test('every setting is listed once, in the order of the table', () => {
  assert.deepEqual(
    show({}).map(({ variable }) => variable),
    Object.values(SETTINGS).map(({ variable }) => variable),
  )
})

test('values come with where they come from', () => {
  const shown = new Map(show({ CLOUDLET_PORT: '9' }).map((setting) => [setting.variable, setting]))
  assert.deepEqual(shown.get('CLOUDLET_PORT'), { variable: 'CLOUDLET_PORT', value: 9, source: 'CLOUDLET_PORT' })
  assert.deepEqual(shown.get('CLOUDLET_DATA'), { variable: 'CLOUDLET_DATA', value: resolve('data'), source: 'default' })
  assert.deepEqual(shown.get('CLOUDLET_PUBLIC_URL'), {
    variable: 'CLOUDLET_PUBLIC_URL',
    value: null,
    source: 'not set',
  })
})

test('of a secret only whether it is set', () => {
  const shown = show({
    CLOUDLET_DATABASE_URL: 'postgres://cloudlet:opensesame@db/cloudlet',
    CLOUDLET_ADMIN_PASSWORD: 'opensesame',
    CLOUDLET_METRICS_TOKEN: 'opensesame-and-more',
    CLOUDLET_S3_ACCESS_KEY_ID: 'opensesame',
    CLOUDLET_S3_SECRET_ACCESS_KEY: 'opensesame',
    CLOUDLET_SMTP_URL: 'smtps://cloud:opensesame@mail.example.org',
    CLOUDLET_PUBLIC_URL: 'https://cloud.example.org',
    CLOUDLET_OIDC_CLIENT_SECRET: 'opensesame',
  })
  assert.ok(!JSON.stringify(shown).includes('opensesame'))
  for (const variable of SECRETS) {
    assert.equal(shown.find((setting) => setting.variable === variable)?.value, '***', variable)
    assert.equal(show({}).find((setting) => setting.variable === variable)?.value, null, variable)
  }
})

test('the table marks these as secrets, and names and texts are in order', () => {
  const settings = Object.values(SETTINGS)
  assert.deepEqual(
    settings.filter(({ secret }) => secret).map(({ variable }) => variable),
    SECRETS,
  )
  assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length)
  for (const { variable, summary, example } of settings) {
    assert.match(variable, /^CLOUDLET_[A-Z0-9_]+$/)
    assert.match(summary, /^[A-Z].*\.$/, variable)
    assert.ok(example.length > 0, variable)
  }
})
