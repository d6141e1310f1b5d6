import type { AppSetting } from '../app-config/index.ts'
import { MESSAGES } from './fault-messages.ts'
import { invalidValue } from './fields.ts'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  p: 1024 ** 5,
  pb: 1024 ** 5,
}

/** The wire's number for 'no limit' (recordings users-metadata, provisioning-users-edit). */
export const UNLIMITED = -3

/**
 * A quota as it is kept: `default`, `none`, or bytes. Takes `5 GB`, `1.5g`, `1024`; a kilobyte is 1024 bytes, as the
 * clients show it. Throws Fault `bad-request` with reason `invalid-value`.
 */
export function acceptQuota(value: string): string {
  const text = value.trim().toLowerCase()
  if (text === 'default' || text === 'none') return text
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([kmgtp]?i?b?)$/.exec(text)
  const unit = UNITS[match?.[2]?.replace('i', '') ?? 'none']
  const bytes = Math.floor(Number(match?.[1]) * (unit ?? Number.NaN))
  if (!Number.isSafeInteger(bytes)) throw invalidValue(MESSAGES.invalidQuota(value.slice(0, 64)), 'quota')
  return String(bytes)
}

/** The quota of accounts that have none of their own. */
export const DEFAULT_QUOTA: AppSetting = {
  app: 'files',
  name: 'default_quota',
  summary: 'Quota of accounts without one of their own: a size such as "5 GB", or none',
  fallback: 'none',
  accept(value) {
    const quota = acceptQuota(value)
    if (quota === 'default') throw new Error('must be a size such as "5 GB", or none')
    return quota
  },
}

/** The limit in bytes, undefined when there is none. */
export function quotaBytes(quota: string, defaultQuota: string): number | undefined {
  const chosen = quota === 'default' ? defaultQuota : quota
  return chosen === 'default' || chosen === 'none' ? undefined : Number(chosen)
}

export interface QuotaView {
  readonly free: number
  readonly used: number
  readonly total: number
  readonly relative: number
  readonly quota: number
}

/** The quota block (recording users-metadata): without a limit `free`, `total` and `quota` are all -3. */
export function quotaView(limit: number | undefined, usedBytes: number): QuotaView {
  if (limit === undefined) {
    return { free: UNLIMITED, used: usedBytes, total: UNLIMITED, relative: 0, quota: UNLIMITED }
  }
  const relative = limit === 0 ? (usedBytes > 0 ? 100 : 0) : Math.round((usedBytes / limit) * 10_000) / 100
  return { free: Math.max(0, limit - usedBytes), used: usedBytes, total: limit, relative, quota: limit }
}
