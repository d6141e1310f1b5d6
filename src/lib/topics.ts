/** Stamp topic of an account: changes with its record, password, groups, app passwords and sessions. */
export const accountTopic = (accountId: number): string => `account:${accountId}`
