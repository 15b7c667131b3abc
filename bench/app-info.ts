import type { AppInfo } from 'nestward';

/** The app of every benchmark. */
export const BENCH_APP_INFO: AppInfo = {
  appName: 'Bench',
  apiDomain: 'http://localhost:3000',
  websiteDomain: 'http://localhost:3000',
};
