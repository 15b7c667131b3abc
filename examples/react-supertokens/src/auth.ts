import SuperTokens from 'supertokens-auth-react';
import EmailPassword from 'supertokens-auth-react/recipe/emailpassword';
import { EmailPasswordPreBuiltUI } from 'supertokens-auth-react/recipe/emailpassword/prebuiltui';
import EmailVerification from 'supertokens-auth-react/recipe/emailverification';
import { EmailVerificationPreBuiltUI } from 'supertokens-auth-react/recipe/emailverification/prebuiltui';
import Session from 'supertokens-auth-react/recipe/session';
import ThirdParty from 'supertokens-auth-react/recipe/thirdparty';
import { ThirdPartyPreBuiltUI } from 'supertokens-auth-react/recipe/thirdparty/prebuiltui';
import { environment } from './environment';

const { apiDomain, emailVerification, tokenTransferMethod } = environment;

/** Everything that this app configures: nothing of it is peculiar to Nestward. */
export function startAuth(): void {
  SuperTokens.init({
    appInfo: {
      appName: 'Nestward demo',
      apiDomain,
      apiBasePath: '/auth',
      websiteDomain: location.origin,
      websiteBasePath: '/auth',
    },
    // The API says which providers it has; without this, they are a list in ThirdParty.init.
    usesDynamicLoginMethods: true,
    recipeList: [
      EmailPassword.init(),
      ThirdParty.init(),
      ...(emailVerification === 'off' ? [] : [EmailVerification.init({ mode: emailVerification })]),
      Session.init({ tokenTransferMethod }),
    ],
  });
}

/** The pages below `/auth`. */
export const prebuiltPages = [
  EmailPasswordPreBuiltUI,
  ThirdPartyPreBuiltUI,
  ...(emailVerification === 'off' ? [] : [EmailVerificationPreBuiltUI]),
];
