/** The recipe that a login method belongs to, by SuperTokens' names. */
export type RecipeId = 'emailpassword' | 'thirdparty';

/** A person's account at a third-party provider. */
export interface ThirdPartyInfo {
  /** The provider's id, such as `google`. */
  readonly id: string;
  /** The user's id at the provider. */
  readonly userId: string;
}

interface LoginMethodBase {
  /** Identifies this login method; the same as the user's id for the first one. */
  readonly recipeUserId: string;
  readonly tenantIds: readonly string[];
  /** Trimmed and in lower case. */
  readonly email: string;
  /** Whether it is proven that the person receives mail at this address. */
  readonly verified: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly timeJoined: number;
}

/** Signing in with an email and a password. */
export interface EmailPasswordLoginMethod extends LoginMethodBase {
  readonly recipeId: 'emailpassword';
}

/** Signing in with an account at a provider. */
export interface ThirdPartyLoginMethod extends LoginMethodBase {
  readonly recipeId: 'thirdparty';
  readonly thirdParty: ThirdPartyInfo;
}

/** One way in which a user can sign in. */
export type LoginMethod = EmailPasswordLoginMethod | ThirdPartyLoginMethod;

/** A person with an account: one id, and one login method or more. */
export interface User {
  readonly id: string;
  /** Whether other login methods may be linked to this user. */
  readonly isPrimaryUser: boolean;
  readonly tenantIds: readonly string[];
  /** Milliseconds since the Unix epoch: when the first of the login methods was made. */
  readonly timeJoined: number;
  /** Oldest first. */
  readonly loginMethods: readonly LoginMethod[];
}
