import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './load.ts'
import { oidcOf } from './oidc.ts'

const BOTH = { CLOUDLET_OIDC_ISSUER: 'https://login.example.org', CLOUDLET_OIDC_CLIENT_ID: 'cloudlet' }

const load = (env: Record<string, string>) => loadConfig({ env, flags: {} })

test('without an issuer there is none; with one, the rest has defaults', () => {
  assert.equal(oidcOf(load({}).config), undefined)
  assert.deepEqual(oidcOf(load(BOTH).config), {
    issuer: 'https://login.example.org',
    clientId: 'cloudlet',
    scopes: 'openid profile email',
    button: 'Single sign-on',
    userClaim: 'preferred_username',
    nameClaim: 'name',
    emailClaim: 'email',
    groupsClaim: '',
    adminGroup: '',
    quotaClaim: '',
    link: 'off',
    createsAccounts: true,
  })
})

test('what cannot be meant is refused', () => {
  for (const [env, says] of [
    [{ CLOUDLET_OIDC_ISSUER: BOTH.CLOUDLET_OIDC_ISSUER }, /must be set both, or neither/],
    [{ CLOUDLET_OIDC_CLIENT_ID: 'cloudlet' }, /must be set both, or neither/],
    [{ CLOUDLET_PASSWORD_LOGIN: 'no' }, /nobody could sign in/],
    [{ ...BOTH, CLOUDLET_OIDC_ISSUER: 'http://login.example.org' }, /must begin with https/],
    [{ ...BOTH, CLOUDLET_OIDC_ISSUER: 'login.example.org' }, /must begin with https/],
    [{ ...BOTH, CLOUDLET_OIDC_SCOPES: 'profile email' }, /must have openid/],
    [{ ...BOTH, CLOUDLET_OIDC_LINK: 'yes' }, /one of off, user, email/],
  ] as const) {
    assert.throws(() => load(env), says, JSON.stringify(env))
  }
  assert.equal(load({ ...BOTH, CLOUDLET_PASSWORD_LOGIN: 'no' }).config.passwordLogin, false)
  assert.equal(load({ ...BOTH, CLOUDLET_OIDC_ISSUER: 'http://localhost:9000' }).warnings.length, 0)
})
