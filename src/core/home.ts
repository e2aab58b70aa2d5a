/** What a record's `wave` says at the place that the plan was started in. */
export const HOME = 'home';
