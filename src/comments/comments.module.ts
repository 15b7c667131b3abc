import { Module } from '@nestjs/common';
import { CommentsController } from './comments.controller.js';
import { LikesService } from './likes.service.js';

@Module({
  controllers: [CommentsController],
  providers: [LikesService],
})
export class CommentsModule {}
