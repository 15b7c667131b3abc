import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Session, SessionGuard } from 'nestward';
import { LikesService } from './likes.service.js';

/** An API of the app's own, which only signed-in people may call. */
@Controller()
@UseGuards(SessionGuard)
export class CommentsController {
  constructor(private readonly likes: LikesService) {}

  @Post('like-comment')
  @HttpCode(200)
  like(@Session('userId') userId: string): { userId: string; likes: number } {
    return { userId, likes: this.likes.add(userId) };
  }
}
