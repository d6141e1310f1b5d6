import type { Config } from './load.ts'

/** How people sign in at an identity provider. */
export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: string
  /** What the button says. */
  readonly button: string
  readonly userClaim: string
  readonly nameClaim: string
  readonly emailClaim: string
  /** Empty: groups do not come from the provider. */
  readonly groupsClaim: string
  /** Name at the provider of the group whose members administer this server; empty for none. */
  readonly adminGroup: string
  /** Empty: quotas do not come from the provider. */
  readonly quotaClaim: string
  /** Which accounts that are there already belong to whoever signs in for the first time. */
  readonly link: Config['oidcLink']
  readonly createsAccounts: boolean
}

/** undefined without an issuer. */
export function oidcOf(config: Config): OidcConfig | undefined {
  const { oidcIssuer, oidcClientId } = config
  if (oidcIssuer === undefined || oidcClientId === undefined) return undefined
  return {
    issuer: oidcIssuer,
    clientId: oidcClientId,
    scopes: config.oidcScopes,
    button: config.oidcButton,
    userClaim: config.oidcUserClaim,
    nameClaim: config.oidcNameClaim,
    emailClaim: config.oidcEmailClaim,
    groupsClaim: config.oidcGroupsClaim,
    adminGroup: config.oidcAdminGroup,
    quotaClaim: config.oidcQuotaClaim,
    link: config.oidcLink,
    createsAccounts: config.oidcCreate,
  }
}

/** What cannot be meant, in the words of the settings. */
export function oidcProblems(values: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = []
  if ((values['oidcIssuer'] === undefined) !== (values['oidcClientId'] === undefined)) {
    problems.push('CLOUDLET_OIDC_ISSUER and CLOUDLET_OIDC_CLIENT_ID must be set both, or neither')
  }
  if (values['oidcIssuer'] === undefined && values['passwordLogin'] === false) {
    problems.push('CLOUDLET_PASSWORD_LOGIN can be no only with CLOUDLET_OIDC_ISSUER: nobody could sign in')
  }
  return problems
}
