// The ids of the app's roles: people's assignments hang on them, so they never change.
export const roleIds = {
  Administrator: 'aded3db3-45e9-4b5b-a81b-7cc814a2f85e',
  Contributor: 'e93d1211-c548-4d94-a8d8-b3ebd06b38c2',
  Viewer: 'caf05767-d29b-4ba2-92f9-0dee3f89ae5b',
};
