//! How builders behave, well and badly.

use super::{Answer, Event, LEASE_SECONDS, World};
use rand::Rng;

impl World {
    /// How the lease will go.
    pub(super) fn work(&mut self, task: i64, fence: u32, seconds: i64, builder: usize) {
        let (dies, late, back) = (self.chance.dies, self.chance.late, self.chance.gives_back);
        let dice: f64 = self.random.random();
        let answers = |answer| Event::Answers { builder, task, fence, answer };
        if dice < dies {
            let silent = self.now + self.random.random_range(0..=seconds);
            self.plan(silent + LEASE_SECONDS, Event::LeaseEnds { task, fence });
            let back = silent + self.random.random_range(10..2000);
            self.plan(back, Event::Back { builder, task, fence });
        } else if dice < dies + late {
            // The network goes; the builder works on, and has its results some time after the lease is over.
            let silent = self.now + seconds / 2;
            self.plan(silent + LEASE_SECONDS, Event::LeaseEnds { task, fence });
            let end = silent + LEASE_SECONDS + self.random.random_range(0..900);
            self.plan(end, answers(Answer::Done));
            // And says so again, because it saw no answer.
            self.plan(end + 1, answers(Answer::Done));
        } else if dice < dies + late + back {
            self.plan(self.now + seconds / 3, answers(Answer::GivenBack));
        } else {
            self.plan(self.now + seconds, answers(Answer::Done));
        }
    }

    /// A second answer about the same task makes nobody free who works on another.
    pub(super) fn is_done_with(&mut self, builder: usize, task: i64, fence: u32) {
        let builder = &mut self.builders[builder];
        if builder.at_work_on == Some((task, fence)) {
            builder.at_work_on = None;
            builder.asks = !builder.away;
        }
    }

    /// One that works goes when it is done.
    pub(super) fn comes_or_goes(&mut self, n: usize) {
        let builder = &mut self.builders[n];
        builder.away = !builder.away;
        builder.asks = !builder.away && builder.at_work_on.is_none();
        let most = if builder.away { 5_000 } else { 20_000 };
        let next = self.now + self.random.random_range(300..most);
        self.plan(next, Event::ComesOrGoes(n));
    }
}
