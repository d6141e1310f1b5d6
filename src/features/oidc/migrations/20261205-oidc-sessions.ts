import { sql } from 'kysely'
import type { Migration } from '../../../db/database.ts'

/** Whose session at the provider a session came from, and what the provider has ended. */
export const oidcSessionsMigration: Migration = {
  name: '20261205-oidc-sessions',
  async up(tx) {
    for (const name of ['issuer', 'subject', 'provider_session_digest']) {
      await tx.schema.alterTable('oidc_session').addColumn(name, 'text').execute()
    }
    for (const name of ['issuer', 'subject']) {
      await sql`
        update oidc_session set ${sql.ref(name)} = (
          select ${sql.ref(`oidc_identity.${name}`)} from oidc_identity
          join session on session.account_id = oidc_identity.account_id
          where session.session_key = oidc_session.session_key
          order by oidc_identity.issuer limit 1
        )`.execute(tx)
    }
    await tx.schema.createIndex('oidc_session_subject').on('oidc_session').columns(['subject']).execute()
    await tx.schema
      .createIndex('oidc_session_provider_session')
      .on('oidc_session')
      .columns(['provider_session_digest'])
      .execute()
    await tx.schema
      .createTable('oidc_logout')
      .addColumn('token_digest', 'text', (column) => column.primaryKey())
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text')
      .addColumn('provider_session_digest', 'text')
      .addColumn('issued_at_ms', 'bigint', (column) => column.notNull())
      .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
      .execute()
    await tx.schema.createIndex('oidc_logout_expiry').on('oidc_logout').columns(['expires_at_ms']).execute()
  },
}
