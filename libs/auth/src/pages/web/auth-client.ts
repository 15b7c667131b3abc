import { init } from 'supertokens-web-js';
import { init as session } from 'supertokens-web-js/recipe/session';
import { init as thirdParty } from 'supertokens-web-js/recipe/thirdparty';
import { readPageData } from './page-data.js';

/** Makes `fetch` carry and refresh the session. */
export function startAuthClient(): void {
  const { appName, apiDomain = location.origin, apiBasePath } = readPageData();
  init({ appInfo: { appName, apiDomain, apiBasePath }, recipeList: [thirdParty(), session()] });
}
