/** What people see of an app. A test holds that every app has its lines. */
export interface About {
  readonly name: string
  readonly summary: string
}

export const ABOUT: Readonly<Record<string, About>> = {
  files: { name: 'Files', summary: 'Files and folders, over WebDAV' },
  notifications: { name: 'Notifications', summary: 'What an account is told, on every device' },
  notify_push: { name: 'Client push', summary: 'Tells clients at once that something is new' },
  provisioning_api: { name: 'Provisioning API', summary: 'Accounts and groups for scripts and administrators' },
  theming: { name: 'Theming', summary: 'Name, colours and pictures of this server' },
  user_status: { name: 'User status', summary: 'What people are doing, and whether they can be disturbed' },
}
