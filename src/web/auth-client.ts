import { init } from 'supertokens-web-js';
import { init as session, type UserInput } from 'supertokens-web-js/recipe/session';

/** Something that happened to the session in this tab. */
export type SessionEvent = Parameters<NonNullable<UserInput['onHandleEvent']>>[0];

/** Makes `fetch` carry and refresh the session. Website and API are one origin here. */
export function startAuthClient(onSessionEvent: (event: SessionEvent) => void = () => undefined): void {
  init({
    appInfo: { appName: 'Nestward demo', apiDomain: location.origin, apiBasePath: '/auth' },
    recipeList: [session({ onHandleEvent: onSessionEvent })],
  });
}
