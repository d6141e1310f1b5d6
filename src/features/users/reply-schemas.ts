import type { TObject, TSchema } from 'typebox'
import { Type } from '../../lib/schema.ts'
import { PROFILE_FIELDS } from './fields.ts'

const Scope = Type.Optional(Type.String())

/** The metadata of an account. Scopes only in one's own record, `storageLocation` only for administrators. */
export const UserMetadata: TObject = Type.Object({
  enabled: Type.Boolean(),
  storageLocation: Type.Optional(Type.String()),
  id: Type.String(),
  firstLoginTimestamp: Type.Integer({ description: 'Seconds since 1970, 0 for never' }),
  lastLoginTimestamp: Type.Integer({ description: 'Seconds since 1970, 0 for never' }),
  lastLogin: Type.Integer({ description: 'Milliseconds since 1970, 0 for never' }),
  backend: Type.String(),
  subadmin: Type.Array(Type.String()),
  quota: Type.Object({
    free: Type.Integer({ description: 'Bytes, -3 without a limit' }),
    used: Type.Integer({ description: 'Bytes' }),
    total: Type.Integer({ description: 'Bytes, -3 without a limit' }),
    relative: Type.Number({ description: 'Percent' }),
    quota: Type.Integer({ description: 'Bytes, -3 without a limit' }),
  }),
  manager: Type.String(),
  avatarScope: Scope,
  email: Type.Union([Type.String(), Type.Null()]),
  emailScope: Scope,
  additional_mail: Type.Array(Type.String()),
  additional_mailScope: Type.Optional(Type.Array(Type.String())),
  displayname: Type.String(),
  'display-name': Type.String(),
  displaynameScope: Scope,
  webpage: Type.String({ description: 'The same as `website`' }),
  ...profileSchemas(),
  groups: Type.Array(Type.String()),
  language: Type.String(),
  locale: Type.String(),
  timezone: Type.String(),
  notify_email: Type.Union([Type.String(), Type.Null()]),
  backendCapabilities: Type.Object({ setDisplayName: Type.Boolean(), setPassword: Type.Boolean() }),
})

function profileSchemas(): Record<string, TSchema> {
  const schemas: Record<string, TSchema> = {}
  for (const { name } of PROFILE_FIELDS) {
    schemas[name] = Type.String()
    schemas[`${name}Scope`] = Scope
  }
  return schemas
}
