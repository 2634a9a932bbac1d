import Testing

@Test("a story goes as it is told", arguments: Story.all(beside: #filePath))
func story(_ story: Story) throws {
    var world = StoryWorld()
    try story.check { try world.tell($0) }
}

@Test func `there are stories`() {
    #expect(Story.all(beside: #filePath).count >= 10)
}
