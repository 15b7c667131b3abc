import { Injectable } from '@nestjs/common';

/**
 * Counts likes for each user. It is what stands for an app's own data here, so it stays in memory and starts again at
 * nought with the process.
 */
@Injectable()
export class LikesService {
  private readonly likes = new Map<string, number>();

  /** Adds one like. @returns how many the user has given. */
  add(userId: string): number {
    const likes = (this.likes.get(userId) ?? 0) + 1;
    this.likes.set(userId, likes);
    return likes;
  }
}
