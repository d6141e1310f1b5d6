import { acceptIssuer, acceptOptional, acceptScopes, acceptText, acceptYesNo, oneOf } from './accept.ts'
import { setting } from './setting.ts'

export const OIDC_LINKS = ['off', 'user', 'email'] as const

/** Sign-in at an identity provider (OpenID Connect). */
export const OIDC_SETTINGS = {
  oidcIssuer: setting({
    variable: 'CLOUDLET_OIDC_ISSUER',
    kind: 'url',
    summary:
      'Address of the identity provider where people sign in, as its description names it. See [single sign-on](../how-to/oidc.md).',
    example: 'https://login.example.org/realms/home',
    accept: acceptIssuer,
  }),
  oidcClientId: setting({
    variable: 'CLOUDLET_OIDC_CLIENT_ID',
    kind: 'text',
    summary: 'Name of this server at the identity provider.',
    example: 'cloudlet',
    accept: acceptText,
  }),
  oidcClientSecret: setting({
    variable: 'CLOUDLET_OIDC_CLIENT_SECRET',
    kind: 'text',
    secret: true,
    summary:
      'Secret of this server at the identity provider. Without it the provider must take it for a public client.',
    example: 'a long random text',
    accept: acceptText,
  }),
  oidcScopes: setting({
    variable: 'CLOUDLET_OIDC_SCOPES',
    kind: 'text',
    fallback: 'openid profile email',
    summary: 'What is asked of the identity provider, with blanks between; `openid` must be among it.',
    example: 'openid profile email groups',
    accept: acceptScopes,
  }),
  oidcButton: setting({
    variable: 'CLOUDLET_OIDC_BUTTON',
    kind: 'text',
    fallback: 'Single sign-on',
    summary: 'What the button on the sign-in page says.',
    example: 'Sign in with Example',
    accept: acceptText,
  }),
  oidcUserClaim: setting({
    variable: 'CLOUDLET_OIDC_USER_CLAIM',
    kind: 'text',
    fallback: 'preferred_username',
    summary: 'Claim that names the account which is made at the first sign-in. Afterwards the subject alone counts.',
    example: 'sub',
    accept: acceptText,
  }),
  oidcNameClaim: setting({
    variable: 'CLOUDLET_OIDC_NAME_CLAIM',
    kind: 'text',
    fallback: 'name',
    summary: 'Claim with the name that is shown.',
    example: 'given_name',
    accept: acceptText,
  }),
  oidcEmailClaim: setting({
    variable: 'CLOUDLET_OIDC_EMAIL_CLAIM',
    kind: 'text',
    fallback: 'email',
    summary: 'Claim with the e-mail address. It is taken only where the provider says that it was verified.',
    example: 'mail',
    accept: acceptText,
  }),
  oidcGroupsClaim: setting({
    variable: 'CLOUDLET_OIDC_GROUPS_CLAIM',
    kind: 'text',
    fallback: '',
    summary: 'Claim with the groups, a dot leads into an object. Empty: groups do not come from the provider.',
    example: 'realm_access.roles',
    accept: acceptOptional,
  }),
  oidcAdminGroup: setting({
    variable: 'CLOUDLET_OIDC_ADMIN_GROUP',
    kind: 'text',
    fallback: '',
    summary: 'Group at the provider whose members administer this server. Empty: nobody by a claim.',
    example: 'cloudlet-admins',
    accept: acceptOptional,
  }),
  oidcQuotaClaim: setting({
    variable: 'CLOUDLET_OIDC_QUOTA_CLAIM',
    kind: 'text',
    fallback: '',
    summary: 'Claim with the quota, such as `5 GB`. Empty: quotas do not come from the provider.',
    example: 'quota',
    accept: acceptOptional,
  }),
  oidcLink: setting({
    variable: 'CLOUDLET_OIDC_LINK',
    kind: 'enum',
    fallback: 'off',
    summary:
      'Which accounts that are here already belong to whoever signs in at the provider for the first time: `off` none, `user` the one that the claim names, `email` the one with the same verified address.',
    example: 'user',
    accept: oneOf(OIDC_LINKS),
  }),
  oidcCreate: setting({
    variable: 'CLOUDLET_OIDC_CREATE',
    kind: 'enum',
    fallback: 'yes',
    summary: 'Whether the first sign-in at the provider makes an account (`yes`), or it must be here already (`no`).',
    example: 'no',
    accept: acceptYesNo,
  }),
} as const
