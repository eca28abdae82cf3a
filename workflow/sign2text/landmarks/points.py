"""The 85 landmarks of a frame: their order, their parts, and their numbers in MediaPipe.

Scaling Sign Language Translation (arXiv 2407.11855) takes them from MediaPipe Holistic: both hands
whole, six points of the pose and 37 of the face, in this order. The irises, face points 468 and
473, need its refined face model.
"""

COUNT = 85
AXES = 3
WIDTH = COUNT * AXES
"""Values of a frame: x, y and z of each point."""
LEFT_HAND = slice(0, 21)
RIGHT_HAND = slice(21, 42)
POSE = slice(42, 48)
FACE = slice(48, 85)
PARTS = {"left hand": LEFT_HAND, "right hand": RIGHT_HAND, "pose": POSE, "face": FACE}
"""Parts by name, in the order of the points."""
POSE_INDICES = (11, 12, 13, 14, 23, 24)
"""Shoulders, elbows and hips, left before right, among MediaPipe's 33 points of the pose."""
FACE_INDICES = (
    0, 4, 13, 14, 17, 33, 37, 39, 46, 52, 55, 61, 64, 81, 82, 93, 133, 151, 152, 159, 172, 178, 181,
    263, 269, 276, 282, 285, 291, 294, 311, 323, 362, 386, 397, 468, 473,
)  # fmt: skip
"""The face's points among the 478 of MediaPipe's refined mesh."""
LEFT_SHOULDER, RIGHT_SHOULDER = POSE.start, POSE.start + 1
