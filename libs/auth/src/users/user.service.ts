import { Inject, Injectable } from '@nestjs/common';
import { AUTH_STORAGE, type Storage } from '../storage/storage.js';
import { normaliseEmail } from './normalise-email.js';
import type { User } from './user.js';

/** Finds and removes users, whichever way they sign in. */
@Injectable()
export class UserService {
  constructor(@Inject(AUTH_STORAGE) private readonly storage: Storage) {}

  /** Finds a user by its id, or by the id of one of its login methods. */
  async getUser(userId: string): Promise<User | undefined> {
    return this.storage.users.find(userId);
  }

  /** The users that have a login method with this email, oldest first. Upper case and spaces around it do not matter. */
  async listUsersByEmail(email: string): Promise<User[]> {
    const normalisedEmail = normaliseEmail(email);
    return normalisedEmail === undefined ? [] : this.storage.users.listByEmail(normalisedEmail);
  }

  /**
   * Removes a user with all of its login methods and sessions. An access token that the user has already stays good until
   * it expires, except where a route asks for `checkDatabase` (contract §4).
   * @returns whether the user existed.
   */
  async deleteUser(userId: string): Promise<boolean> {
    return this.storage.users.remove(userId);
  }
}
