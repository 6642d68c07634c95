/// What goes wrong in one simulated run.
package struct Trouble: Equatable, Sendable {
    /// What may happen at any call of a port.
    package enum Kind: Int, CaseIterable, Sendable {
        /// The tool's process dies.
        case kill
        /// The effect is made, and the tool is told that it could not be asked.
        case lostReply
        /// The effect is made twice.
        case repeated
        /// The platform says that someone else has changed the deployment.
        case conflict
        /// The platform takes seconds for an answer.
        case slow
        /// The platform cannot be reached for a while.
        case platformAway
        /// The database cannot be reached for a while.
        case databaseAway
        /// The journal's disk is full.
        case fullDisk
        /// A signal asks the tool's process to end.
        case signal
        /// The tool's process stands still while another run comes.
        case rival
        /// A person changes the deployment.
        case person
        /// A paused autoscaler comes back.
        case autoscaler
        /// An instance dies by itself.
        case death
    }

    /// What becomes of a migration.
    package enum Fate: Int, CaseIterable, Sendable {
        case succeeds, fails, swallowed, hangs, blocked, blockedForLong, crashesBefore, crashesAfter, takesLong
    }

    /// What is wrong with the target's image.
    package enum Flaw: Int, CaseIterable, Sendable {
        case none, cannotStart, neverHealthy, wrongVersion
    }

    /// What a person answers to a run that holds.
    package enum Answer: Int, CaseIterable, Sendable {
        case leave, resume, mendAndResume, rollback, restore, restoreByHand, giveUp
    }

    /// How often each kind may still happen.
    var left = [Int](repeating: 0, count: Kind.allCases.count)
    /// One in how many calls is troubled.
    var rarity = 0
    /// How many calls go well first.
    var quietCalls = 0
    /// The fates of the target's first migrations; the last one is that of all later ones.
    package var fates: [Fate] = [.succeeds]
    package var flaw = Flaw.none
    package var failingBackups = 0
    /// Whether an instance of the source takes longer to end than the plan allows.
    package var isStuck = false
    /// Whether database sessions outlive their process.
    package var leavesOrphans = true
    package var answers: [Answer] = []
    /// The point at which the tool's process dies, counted over the whole run: two for each call of a port.
    package var killAt: Int?
    /// Whether a person takes back a run that ended well.
    package var regrets = false

    package init() {}

    /// Whether nothing happens but what a run must survive as if it had not happened.
    var isHarmless: Bool {
        let harmful: [Kind] = [.platformAway, .databaseAway, .person, .autoscaler, .death]
        return harmful.allSatisfy { left[$0.rawValue] == 0 } && fates == [.succeeds] && flaw == .none
            && failingBackups == 0 && !isStuck && !regrets
    }

    static func random(_ dice: inout SplitMix64) -> Trouble {
        var trouble = Trouble()
        guard dice.chance(88) else { return trouble }
        for _ in 0...dice.below(4) { trouble.left[dice.below(Kind.allCases.count)] += 1 + dice.below(2) }
        trouble.rarity = dice.pick([4, 8, 16, 40])
        trouble.quietCalls = dice.chance(25) ? 0 : dice.below(140)
        if dice.chance(35) {
            trouble.fates = (0...dice.below(2)).map { _ in Fate.allCases[dice.below(Fate.allCases.count)] }
            if dice.chance(50) { trouble.fates.append(.succeeds) }
        }
        if dice.chance(10) { trouble.flaw = Flaw.allCases[dice.below(Flaw.allCases.count)] }
        if dice.chance(6) { trouble.failingBackups = 1 + dice.below(2) }
        trouble.isStuck = dice.chance(3)
        trouble.regrets = dice.chance(6)
        let answers = dice.below(4)
        for _ in 0..<answers { trouble.answers.append(Answer.allCases[dice.below(Answer.allCases.count)]) }
        return trouble
    }
}

/// Everything that decides a simulated run: what a seed stands for.
package struct Scenario: Equatable, Sendable {
    package var seed: UInt64
    package var setup: Setup
    package var trouble: Trouble

    package init(seed: UInt64, setup: Setup, trouble: Trouble) {
        self.seed = seed
        self.setup = setup
        self.trouble = trouble
    }

    /// The deployment, the plan and the trouble of this seed.
    package init(seed: UInt64) {
        var dice = SplitMix64(seed: seed, stream: 1)
        self.init(seed: seed, setup: .random(&dice), trouble: .random(&dice))
    }
}
