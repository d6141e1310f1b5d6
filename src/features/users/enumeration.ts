import type { AppConfig, AppSetting } from '../app-config/index.ts'

const yesOrNo = (name: string, fallback: 'yes' | 'no', summary: string): AppSetting => ({
  app: 'core',
  name,
  summary,
  fallback,
  accept(value) {
    if (value !== 'yes' && value !== 'no') throw new Error('must be yes or no')
    return value
  },
})

const ALLOWED = yesOrNo(
  'shareapi_allow_share_dialog_user_enumeration',
  'yes',
  'Whether accounts find others by a part of the name',
)
const ONLY_GROUPS = yesOrNo(
  'shareapi_restrict_user_enumeration_to_group',
  'no',
  'Whether they find only those with whom they share a group',
)
const ONLY_PHONE = yesOrNo(
  'shareapi_restrict_user_enumeration_to_phone',
  'no',
  'Whether they find only those whose phone numbers they know; Cloudlet knows no address books, so that is nobody',
)
const EXACT = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match',
  'yes',
  'Whether they find everybody whom they name exactly nevertheless',
)
const EXACT_ID = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match_userid',
  'yes',
  'Whether the user id counts as an exact name',
)
const EXACT_EMAIL = yesOrNo(
  'shareapi_restrict_user_enumeration_full_match_email',
  'yes',
  'Whether the e-mail address counts as an exact name',
)

export const ENUMERATION_SETTINGS: readonly AppSetting[] = [
  ALLOWED,
  ONLY_GROUPS,
  ONLY_PHONE,
  EXACT,
  EXACT_ID,
  EXACT_EMAIL,
]

/** What the administrator allows now. */
export interface EnumerationRules {
  /** Whom accounts come across: everybody, those with whom they share a group, or nobody. */
  readonly circle: 'all' | 'groups' | 'none'
  /** Whether an exact id, or an exact address, finds an account beyond that. */
  readonly byId: boolean
  readonly byEmail: boolean
  readonly byName: boolean
}

export async function readRules(appConfig: Pick<AppConfig, 'read'>): Promise<EnumerationRules> {
  const isOn = async (setting: AppSetting): Promise<boolean> => (await appConfig.read(setting)) === 'yes'
  const isExact = await isOn(EXACT)
  const exact = {
    byName: isExact,
    byId: isExact && (await isOn(EXACT_ID)),
    byEmail: isExact && (await isOn(EXACT_EMAIL)),
  }
  if (!(await isOn(ALLOWED))) return { circle: 'none', ...exact }
  if (await isOn(ONLY_GROUPS)) return { circle: 'groups', ...exact }
  return { circle: (await isOn(ONLY_PHONE)) ? 'none' : 'all', ...exact }
}
