import type { ReactElement } from 'react';
import { SuperTokensWrapper } from 'supertokens-auth-react';
import { SessionAuth } from 'supertokens-auth-react/recipe/session';
import { canHandleRoute, getRoutingComponent } from 'supertokens-auth-react/ui';
import { prebuiltPages } from './auth';
import { HomePage } from './home-page';

/** The prebuilt pages below `/auth`, and everywhere else the page that needs a session. */
export function App(): ReactElement {
  return (
    <SuperTokensWrapper>
      {canHandleRoute(prebuiltPages) ? (
        getRoutingComponent(prebuiltPages)
      ) : (
        <SessionAuth>
          <HomePage />
        </SessionAuth>
      )}
    </SuperTokensWrapper>
  );
}
