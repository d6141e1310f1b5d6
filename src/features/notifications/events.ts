declare module '../../events/catalogue.ts' {
  interface EventTypes {
    /** An account was told something. */
    'notification.added': { readonly accountId: number; readonly notificationId: number; readonly app: string }
    /** Notifications are gone: dismissed, replaced by newer ones, settled or expired. */
    'notification.removed': { readonly accountId: number; readonly notificationIds: readonly number[] | 'all' }
  }
}
