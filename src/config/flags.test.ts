import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Given, type Loaded, loadConfig } from './load.ts'
import { SETTINGS } from './settings.ts'

const load = (env: Given['env'] = {}, flags: Given['flags'] = {}): Loaded => loadConfig({ env, flags })

describe('flags', () => {
  test('a flag counts before the variable, and is named as the source', () => {
    const env = { CLOUDLET_HOST: '::', CLOUDLET_PORT: '1', CLOUDLET_DATA: '/variable' }
    const { config, sources } = load(env, { host: '::1', port: '2', data: '/flag' })
    assert.deepEqual([config.host, config.port, config.dataFolder], ['::1', 2, '/flag'])
    assert.deepEqual([sources.host, sources.port, sources.dataFolder], ['--host', '--port', '--data'])
  })

  test('a flag that is not given changes nothing', () => {
    assert.equal(load({ CLOUDLET_PORT: '1' }, { port: undefined }).config.port, 1)
  })

  test('a bad value is blamed on the flag', () => {
    assert.throws(() => load({ CLOUDLET_PORT: '1' }, { port: 'x' }), /--port must be .* \(it is "x"\)$/m)
    assert.throws(() => load({}, { data: '' }), /--data must not be empty/)
  })

  test('only host, port and data have one', () => {
    const flags = Object.values(SETTINGS).flatMap((setting) => ('flag' in setting ? [setting.flag] : []))
    assert.deepEqual(flags, ['host', 'port', 'data'])
    assert.equal(load({}, { 'log-level': 'debug' }).config.logLevel, 'info')
  })
})
