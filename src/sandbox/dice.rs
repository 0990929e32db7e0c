//! How far dice have been thrown, so that they can be thrown the same again.

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

/// A moment in the life of dice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiceImage {
    seed: [u8; 32],
    word: u128,
}

impl DiceImage {
    /// Of dice as they are.
    pub fn take(dice: &ChaCha8Rng) -> Self {
        Self {
            seed: dice.get_seed(),
            word: dice.get_word_pos(),
        }
    }

    /// Dice that go on from there.
    pub fn dice(&self) -> ChaCha8Rng {
        let mut dice = ChaCha8Rng::from_seed(self.seed);
        dice.set_word_pos(self.word);
        dice
    }
}

#[cfg(test)]
mod tests {
    use super::DiceImage;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};

    #[test]
    fn dice_go_on_as_they_did_whatever_was_thrown() {
        let mut dice = ChaCha8Rng::seed_from_u64(3);
        let throw = |dice: &mut ChaCha8Rng, odd: bool| {
            if odd {
                let _: u32 = dice.random();
            }
            (
                dice.random_range(0..1_000_i64),
                dice.random_bool(0.5),
                dice.random::<u128>(),
            )
        };
        for turn in 0..200 {
            let image = DiceImage::take(&dice);
            let first = throw(&mut dice, turn % 3 == 0);
            assert_eq!(throw(&mut image.dice(), turn % 3 == 0), first, "{turn}");
        }
    }
}
